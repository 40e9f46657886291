#pragma once

// What the application counts. One object per I/O thread, read by the admin listener: relaxed atomics, no locks.

#include <array>
#include <atomic>
#include <cstdint>

namespace tollgate::ports {

struct metrics {
    static constexpr std::size_t codes_max = 64;
    std::array<std::atomic<std::uint64_t>, codes_max> refusals{}; // by errc
    std::atomic<std::uint64_t> requests{0}, admitted{0}, streams{0}, client_gone{0}, provider_errors{0};
    std::atomic<std::uint64_t> fallbacks{0}; // requests that went on to another provider or model after a failure
    std::atomic<std::uint64_t> settled{0}, settled_estimated{0}, settled_counted{0}, overages{0}, outboxed{0};
    std::atomic<std::uint64_t> charged_nano_usd{0}, estimated_nano_usd{0};
    std::atomic<std::uint64_t> prompt_tokens{0}, completion_tokens{0};
    std::atomic<std::int64_t> in_flight{0};
    // Histograms in powers of two of microseconds: bucket i counts values below 2^i us, the last one all the rest.
    static constexpr std::size_t buckets = 28;
    struct histogram {
        std::array<std::atomic<std::uint64_t>, buckets> count{};
        std::atomic<std::uint64_t> sum_us{0};
    };
    histogram total_us, hold_us, first_byte_us;

    static void add(histogram& into, std::int64_t us) {
        std::size_t bucket = 0;
        while (bucket + 1 < buckets && (std::int64_t{1} << bucket) <= us) ++bucket;
        into.count[bucket].fetch_add(1, std::memory_order_relaxed);
        if (us > 0) into.sum_us.fetch_add(static_cast<std::uint64_t>(us), std::memory_order_relaxed);
    }
};

}
