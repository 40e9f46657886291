// Readers of single values. A number is read from its text: exact or refused.
#include <tollgate/config/reader.hpp>
#include <tollgate/core/limits.hpp>

#include <charconv>

namespace tollgate::config {

namespace {

bool is_scalar(const node& value, std::string_view expected, context& at) {
    if (value.what == node::kind::scalar) return true;
    at.error(value, "must be " + std::string(expected));
    return false;
}

std::nullopt_t refuse(const node& value, std::string_view expected, context& at) {
    const std::string& shown = value.shown();
    at.error(value,
             "`" + (shown.size() > 80 ? shown.substr(0, 80) + "..." : shown) + "` is not " + std::string(expected));
    return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

// A count of thousand-millionths without trailing zeros: 1'250'000'000 is "1.25".
std::string decimal(std::int64_t nano) {
    std::string text = to_usd(usd_nano(nano));
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text;
}

// Programs write small numbers of JSON and YAML as 5e-05. The point moves, so it stays exact; what is no such number
// stays as it is.
std::string without_exponent(const std::string& text) {
    constexpr std::int64_t power_max = 30;
    const auto e = text.find_first_of("eE");
    const auto point = std::min(text.find('.'), e);
    if (e == std::string::npos || text.front() < '0' || text.front() > '9') return text;
    const bool plus = text.compare(e + 1, 1, "+") == 0;
    const auto power = parse_integer(std::string_view(text).substr(e + (plus ? 2 : 1)));
    if (point + 1 == e || !power || *power > power_max || *power < (plus ? 0 : -power_max)) return text;
    std::string whole = text.substr(0, point);
    std::string fraction = point < e ? text.substr(point + 1, e - point - 1) : "";
    std::string& from = *power < 0 ? whole : fraction;
    const auto moved = static_cast<std::size_t>(*power < 0 ? -*power : *power);
    if (from.size() < moved) from.insert(*power < 0 ? 0 : from.size(), moved - from.size(), '0');
    if (*power < 0) {
        fraction.insert(0, whole, whole.size() - moved);
        whole.resize(whole.size() - moved);
    } else {
        whole += fraction.substr(0, moved);
        fraction.erase(0, moved);
    }
    return (whole.empty() ? "0" : whole) + (fraction.empty() ? "" : "." + fraction);
}

std::optional<std::int64_t> read_decimal(node& value, std::string_view expected, context& at) {
    if (!is_scalar(value, expected, at)) return std::nullopt;
    const auto amount = parse_usd(without_exponent(value.text));
    if (!amount) return refuse(value, expected, at);
    value.canonical = decimal(amount->count());
    if (amount->count() < 0) {
        at.error(value, "must not be negative");
        return std::nullopt;
    }
    return amount->count();
}

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr unit time_units[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr unit size_units[] = {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};

// A whole number with a unit. Nothing when it is anything else or overflows.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const unit> units) {
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_integer(text.substr(0, digits));
    if (!number || *number < 0) return std::nullopt;
    std::string_view name = text.substr(digits);
    if (name.starts_with(' ')) name.remove_prefix(1);
    for (const unit& one : units) {
        if (one.name != name) continue;
        std::uint64_t product = 0;
        if (__builtin_mul_overflow(static_cast<std::uint64_t>(*number), one.factor, &product)) return std::nullopt;
        return product;
    }
    return std::nullopt;
}

// The largest unit that shows it whole.
std::string show_quantity(std::uint64_t amount, std::span<const unit> units) {
    const unit* best = &units[0];
    for (const unit& one : units)
        if (amount != 0 && amount % one.factor == 0) best = &one;
    return std::to_string(amount / best->factor) + std::string(best->name);
}

}

std::optional<std::string> read_text(node& value, context& at) {
    if (!is_scalar(value, "a text", at)) return std::nullopt;
    return value.text;
}

std::optional<std::string> read_name(node& value, context& at) {
    constexpr std::string_view expected = "a name of 1 to 128 bytes without control characters or outer spaces";
    if (!is_scalar(value, expected, at)) return std::nullopt;
    const std::string& name = value.text;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    const bool fits = !name.empty() && name.size() <= limits::attribution_bytes_max;
    if (!fits || std::ranges::any_of(name, control) || name.front() == ' ' || name.back() == ' ')
        return refuse(value, expected, at);
    return name;
}

std::optional<std::string> read_id(node& value, context& at) {
    constexpr std::string_view expected = "an id of 1 to 128 letters, digits and . _ : @ / + = -";
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@/+=-";
    if (!is_scalar(value, expected, at)) return std::nullopt;
    const bool fits = !value.text.empty() && value.text.size() <= limits::attribution_bytes_max;
    if (!fits || value.text.find_first_not_of(allowed) != std::string::npos) return refuse(value, expected, at);
    return value.text;
}

std::optional<bool> read_flag(node& value, context& at) {
    if (!is_scalar(value, "true or false", at)) return std::nullopt;
    if (value.text != "true" && value.text != "false") return refuse(value, "true or false", at);
    value.canonical = value.text;
    return value.text == "true";
}

std::optional<usd_nano> read_money(node& value, context& at) {
    const auto amount = read_decimal(value, "an amount in USD with at most nine decimals, up to 1000000000", at);
    if (!amount) return std::nullopt;
    return usd_nano(*amount);
}

std::optional<std::int64_t> read_rate(node& value, context& at) {
    const auto rate = read_decimal(value, "a price in USD per million tokens with at most nine decimals", at);
    if (!rate) return std::nullopt;
    if (*rate > limits::price_nano_per_million_max) {
        at.error(value, "`" + value.shown() + "` is over " + decimal(limits::price_nano_per_million_max) +
                            " USD per million tokens");
        return std::nullopt;
    }
    return *rate;
}

std::optional<std::int64_t> read_thousandths(node& value, std::int64_t max, context& at) {
    constexpr std::int64_t nano_per_thousandth = 1'000'000;
    constexpr std::string_view expected = "a number with at most three decimals";
    const auto nano = read_decimal(value, expected, at);
    if (!nano) return std::nullopt;
    if (*nano % nano_per_thousandth != 0) return refuse(value, expected, at);
    if (*nano / nano_per_thousandth > max) {
        at.error(value, "`" + value.shown() + "` is over " + decimal(max * nano_per_thousandth));
        return std::nullopt;
    }
    return *nano / nano_per_thousandth;
}

std::optional<std::int64_t> read_integer(node& value, std::int64_t min, std::int64_t max, context& at) {
    const std::string expected = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    if (!is_scalar(value, expected, at)) return std::nullopt;
    const auto number = parse_integer(value.text);
    if (!number || *number < min || *number > max) return refuse(value, expected, at);
    value.canonical = std::to_string(*number);
    return number;
}

std::optional<std::uint32_t> read_duration(node& value, std::uint32_t min_ms, std::uint32_t max_ms, context& at) {
    const std::string expected = "a duration such as 500ms, 60s or 15m, from " + show_quantity(min_ms, time_units) +
                                 " to " + show_quantity(max_ms, time_units);
    if (!is_scalar(value, expected, at)) return std::nullopt;
    const auto ms = parse_quantity(value.text, time_units);
    if (!ms || *ms < min_ms || *ms > max_ms) return refuse(value, expected, at);
    value.canonical = "\"" + std::to_string(*ms) + "ms\"";
    return static_cast<std::uint32_t>(*ms);
}

std::optional<std::uint64_t> read_bytes(node& value, std::uint64_t min, std::uint64_t max, context& at) {
    const std::string expected = "a size in bytes, KiB, MiB or GiB, from " + show_quantity(min, size_units) + " to " +
                                 show_quantity(max, size_units);
    if (!is_scalar(value, expected, at)) return std::nullopt;
    const auto bytes = parse_quantity(value.text, size_units);
    if (!bytes || *bytes < min || *bytes > max) return refuse(value, expected, at);
    value.canonical = std::to_string(*bytes);
    return bytes;
}

std::optional<instant> read_instant(node& value, context& at) {
    constexpr std::string_view expected = "a date such as 2026-07-01 or a time such as 2026-07-01T12:00:00Z";
    if (!is_scalar(value, expected, at)) return std::nullopt;
    const auto when = parse_rfc3339(value.text);
    if (!when) return refuse(value, expected, at);
    return when;
}

std::optional<std::vector<std::string>> read_names(node& value, context& at) {
    std::vector<std::string> names;
    const auto add = [&](node& item) {
        auto name = read_name(item, at);
        if (!name) return;
        if (std::ranges::find(names, *name) != names.end()) at.error(item, "`" + *name + "` appears twice");
        names.push_back(std::move(*name));
    };
    if (value.what == node::kind::list) {
        for (node& item : value.items) add(item);
    } else {
        add(value);
    }
    return names;
}

}
