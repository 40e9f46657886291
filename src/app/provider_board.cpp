#include <tollgate/app/provider_board.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::int64_t tell_again_us = 60'000'000;
constexpr std::int64_t share_of_new = 8; // one part in so many

std::uint32_t ms_of(std::int64_t us) { return static_cast<std::uint32_t>(us / 1000); }

}

template <class Next>
void provider_health::move_on(Next next) {
    std::uint64_t before = breaker_.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t after = next(circuit_breaker::unpacked(before)).packed();
        if (after == before || breaker_.compare_exchange_weak(before, after, std::memory_order_relaxed)) return;
    }
}

bool provider_health::usable(std::int64_t now_us) const { return breaker().usable(ms_of(now_us)); }

void provider_health::begin(std::int64_t now_us) {
    move_on([&](circuit_breaker at) { return at.begun(ms_of(now_us)); });
}

void provider_health::answered(std::int64_t now_us, std::int64_t took_us) {
    move_on([&](circuit_breaker at) { return at.succeeded(ms_of(now_us)); });
    const auto took = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took_us, 1, UINT32_MAX));
    // Two threads may overwrite each other here: one sample of many is lost.
    const std::uint32_t before = latency_us();
    const std::int64_t smooth = before == 0 ? took : before + (std::int64_t{took} - before) / share_of_new;
    latency_us_.store(static_cast<std::uint32_t>(smooth), std::memory_order_relaxed);
}

void provider_health::failed(std::int64_t now_us) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    move_on([&](circuit_breaker at) { return at.failed(ms_of(now_us)); });
}

void provider_health::limited(std::int64_t now_us, std::uint32_t retry_after_ms) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    move_on([&](circuit_breaker at) { return at.paused(ms_of(now_us), retry_after_ms); });
}

bool provider_health::refused_credentials(std::int64_t now_us) {
    std::int64_t told = told_us_.load(std::memory_order_relaxed);
    if (told != 0 && now_us - told < tell_again_us) return false;
    return told_us_.compare_exchange_strong(told, now_us, std::memory_order_relaxed);
}

provider_health& provider_board::of(std::string_view provider) {
    const std::lock_guard lock(mutex_);
    auto& entry = known_[std::string(provider)];
    if (!entry) entry = std::make_unique<provider_health>();
    return *entry;
}

std::vector<provider_board::entry> provider_board::all() const {
    std::vector<entry> out;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, health] : known_) out.push_back({name, health.get()});
    }
    std::ranges::sort(out, {}, &entry::name);
    return out;
}

}
