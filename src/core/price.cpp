#include <tollgate/core/price.hpp>

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate {

namespace {

using wide = __int128;
constexpr wide million = 1'000'000;
constexpr wide thousand = 1000;

enum class rounding : std::uint8_t { up, half_up };

wide divide(wide value, wide by, rounding how) {
    return how == rounding::up ? (value + by - 1) / by : (value + by / 2) / by;
}

// The rates with every absent one filled in.
struct full_rates {
    std::int64_t input, output, cached, write, write_1h, reasoning, audio_in, audio_out, image_in;
};

full_rates fill(const token_rates& r) {
    const std::int64_t write = r.cache_write.value_or(r.input);
    return {r.input,
            r.output,
            r.cached_input.value_or(r.input),
            write,
            r.cache_write_1h.value_or(write),
            r.reasoning.value_or(r.output),
            r.audio_input.value_or(r.input),
            r.audio_output.value_or(r.output),
            r.image_input.value_or(r.input)};
}

std::int32_t multiplier_of(const price& p, service_tier tier) {
    switch (tier) {
    case service_tier::standard: return 1000;
    case service_tier::flex: return p.flex_permille;
    case service_tier::priority: return p.priority_permille;
    case service_tier::batch: return p.batch_permille;
    case service_tier::automatic: return std::max({1000, p.flex_permille, p.priority_permille});
    }
    TG_ASSERT(false);
}

// Adds up one kind of rounding. A line is tokens x rate x tier x region, rounded once.
class sum {
public:
    sum(const price& p, service_tier tier, rounding how)
        : scale_(wide{multiplier_of(p, tier)} * p.region_permille), how_(how) {}
    void line(std::int64_t tokens, std::int64_t rate) {
        if (tokens == 0) return; // of most lines
        total_ += divide(wide{tokens} * rate * scale_, million * thousand * thousand, how_);
    }
    void fixed(wide nano) { total_ += nano; }
    std::optional<usd_nano> result() const {
        if (total_ < 0 || total_ > limits::amount_nano_max) return std::nullopt;
        return usd_nano(static_cast<std::int64_t>(total_));
    }

private:
    wide total_ = 0;
    wide scale_;
    rounding how_;
};

// The dearest rate that `tokens` of input may be billed at.
std::int64_t dearest_input(const full_rates& r) { return std::max({r.input, r.cached, r.write, r.write_1h}); }

std::optional<usd_nano> worst_at(const usage_bound& bound, const price& p, const token_rates& rates,
                                 service_tier tier) {
    const full_rates r = fill(rates);
    const std::int64_t audio = std::min(bound.audio_input_tokens, bound.input_tokens);
    const std::int64_t image = std::min(bound.image_input_tokens, bound.input_tokens - audio);
    const std::int64_t text_rate = dearest_input(r);
    sum total(p, tier, rounding::up);
    total.line(bound.input_tokens - audio - image, text_rate);
    total.line(audio, std::max(text_rate, r.audio_in));
    total.line(image, std::max(text_rate, r.image_in));
    total.line(bound.output_tokens, std::max({r.output, r.reasoning, r.audio_out}));
    total.fixed(wide{p.per_request.count()} + wide{p.per_tool_call.count()} * bound.tool_calls);
    return total.result();
}

}

std::optional<service_tier> parse_service_tier(std::string_view name) {
    struct row {
        std::string_view name;
        service_tier tier;
    };
    static constexpr row rows[] = {
        {"auto", service_tier::automatic}, {"default", service_tier::standard}, {"standard", service_tier::standard},
        {"scale", service_tier::standard}, {"flex", service_tier::flex},        {"priority", service_tier::priority},
        {"fast", service_tier::priority},  {"batch", service_tier::batch},
    };
    for (const row& r : rows)
        if (r.name == name) return r.tier;
    return std::nullopt;
}

std::optional<usd_nano> worst_case(const usage_bound& bound, const price& p, service_tier tier) {
    const auto base = worst_at(bound, p, p.rates, tier);
    if (!p.long_tier || bound.input_tokens <= p.long_tier->above_tokens) return base;
    // The bound straddles the threshold: the answer may be billed on either side.
    const auto high = worst_at(bound, p, p.long_tier->rates, tier);
    if (!base || !high) return std::nullopt;
    return std::max(*base, *high);
}

std::optional<usd_nano> cost_of(const usage& used, const price& p, service_tier tier) {
    const bool is_long = p.long_tier && used.prompt_tokens > p.long_tier->above_tokens;
    const full_rates r = fill(is_long ? p.long_tier->rates : p.rates);
    const auto special = used.cached_tokens + used.cache_write_tokens + used.cache_write_1h_tokens +
                         used.audio_in_tokens + used.image_in_tokens;
    sum total(p, tier, rounding::half_up);
    total.line(std::max<std::int64_t>(0, used.prompt_tokens - special), r.input);
    total.line(used.cached_tokens, r.cached);
    total.line(used.cache_write_tokens, r.write);
    total.line(used.cache_write_1h_tokens, r.write_1h);
    total.line(used.audio_in_tokens, r.audio_in);
    total.line(used.image_in_tokens, r.image_in);
    const auto plain_out = used.completion_tokens - used.reasoning_tokens - used.audio_out_tokens;
    total.line(std::max<std::int64_t>(0, plain_out), r.output);
    total.line(used.reasoning_tokens, r.reasoning);
    total.line(used.audio_out_tokens, r.audio_out);
    total.fixed(wide{p.per_request.count()} + wide{p.per_tool_call.count()} * used.web_search_calls);
    return total.result();
}

std::int64_t affordable_output(usd_nano budget, const usage_bound& bound, const price& p, service_tier tier) {
    const auto fits = [&](std::int64_t output) {
        usage_bound trial = bound;
        trial.output_tokens = output;
        const auto cost = worst_case(trial, p, tier);
        return cost && *cost <= budget;
    };
    if (!fits(0)) return 0;
    std::int64_t low = 0, high = std::min(bound.output_tokens, limits::tokens_max);
    while (low < high) {
        const std::int64_t middle = low + (high - low + 1) / 2;
        if (fits(middle))
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

}
