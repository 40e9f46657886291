#include <tollgate/core/price_baselines.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace tollgate {

namespace {

constexpr std::string_view version = "1";
constexpr std::string_view absent = "-";

// Names hold no line breaks.
std::string key_of(std::string_view tenant, std::string_view provider, std::string_view model) {
    std::string key;
    key.reserve(tenant.size() + provider.size() + model.size() + 2);
    key.append(tenant).append("\n").append(provider).append("\n").append(model);
    return key;
}

constexpr std::array optional_rates{&token_rates::cached_input, &token_rates::cache_write, &token_rates::cache_write_1h,
                                    &token_rates::reasoning,    &token_rates::audio_input, &token_rates::audio_output,
                                    &token_rates::image_input};

// One list of fields serves both directions.
template <class Archive, class Rates>
void each_rate(Archive& a, Rates& r) {
    a.number(r.input);
    a.number(r.output);
    for (const auto member : optional_rates) a.maybe(r.*member);
}

template <class Archive, class Price>
void each_term(Archive& a, Price& p) {
    each_rate(a, p.rates);
    a.money(p.per_request);
    a.money(p.per_tool_call);
    a.number(p.flex_permille);
    a.number(p.priority_permille);
    a.number(p.batch_permille);
    a.number(p.region_permille);
}

class writer {
public:
    void number(std::int64_t value) { out_.append(" ").append(std::to_string(value)); }
    void money(usd_nano value) { number(value.count()); }
    void maybe(const std::optional<std::int64_t>& value) {
        if (value)
            number(*value);
        else
            out_.append(" ").append(absent);
    }
    std::string take() { return std::move(out_); }

private:
    std::string out_{version};
};

class reader {
public:
    explicit reader(std::string_view text) : left_(text) {}

    template <class Number>
    void number(Number& value) {
        parse(word(), value);
    }
    void money(usd_nano& value) {
        std::int64_t count = 0;
        parse(word(), count);
        value = usd_nano(count);
    }
    void maybe(std::optional<std::int64_t>& value) {
        const std::string_view text = word();
        if (text != absent) parse(text, value.emplace());
    }
    std::string_view word() {
        const auto end = std::min(left_.find(' '), left_.size());
        const std::string_view out = left_.substr(0, end);
        left_.remove_prefix(std::min(end + 1, left_.size()));
        return out;
    }
    bool more() const { return !left_.empty(); }
    bool good() const { return good_; }

private:
    template <class Number>
    void parse(std::string_view text, Number& value) {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        good_ = good_ && read.ec == std::errc{} && read.ptr == text.data() + text.size() && value >= 0;
    }

    std::string_view left_;
    bool good_ = true;
};

}

price_baselines::price_baselines(std::vector<price_baseline> rows) : rows_(std::move(rows)) {
    for (std::size_t i = 0; i < rows_.size(); ++i)
        index_[key_of(rows_[i].tenant, rows_[i].provider, rows_[i].model)] = i;
}

const price* price_baselines::find(std::string_view tenant, std::string_view provider, std::string_view model) const {
    const price_baseline* found = nullptr;
    for (const std::string_view whose : {std::string_view(), tenant}) {
        const auto at = index_.find(key_of(whose, provider, model));
        if (at == index_.end()) continue;
        const price_baseline& row = rows_[at->second];
        if (!found || row.at >= found->at) found = &row;
    }
    return found ? &found->approved : nullptr;
}

std::string to_text(const price& terms) {
    writer out;
    each_term(out, terms);
    if (terms.long_tier) {
        out.number(terms.long_tier->above_tokens);
        each_rate(out, terms.long_tier->rates);
    }
    return out.take();
}

std::optional<price> parse_price(std::string_view text) {
    reader in(text);
    if (in.word() != version) return std::nullopt;
    price out;
    each_term(in, out);
    if (in.good() && in.more()) {
        price::long_context long_tier;
        in.number(long_tier.above_tokens);
        each_rate(in, long_tier.rates);
        out.long_tier = long_tier;
    }
    if (!in.good() || in.more()) return std::nullopt;
    return out;
}

}
