#include <tollgate/app/query.hpp>

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string joined(std::span<const std::string_view> names) {
    std::string out;
    for (const std::string_view name : names) out.append(out.empty() ? "" : ", ").append(name);
    return out;
}

std::expected<instant, refusal> read_time(const parameters& asked, std::string_view name, std::int64_t otherwise_s) {
    const auto text = asked.find(name);
    if (!text) return instant::from_seconds(otherwise_s);
    const auto when = parse_rfc3339(*text);
    if (when) return *when;
    return std::unexpected(bad_parameter(name, "is neither a date (2026-07-01) nor a time (2026-07-01T00:00:00Z)"));
}

}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        if (at + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
        at += 2;
    }
    return out;
}

refusal bad_parameter(std::string_view name, std::string message) {
    refusal out;
    out.code = errc::invalid_request;
    out.param = name;
    out.message = "The parameter " + std::string(name) + " " + std::move(message) + ".";
    return out;
}

std::expected<parameters, refusal> parameters::read(std::string_view query, std::span<const std::string_view> known) {
    parameters out;
    while (!query.empty()) {
        const std::string_view one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(one.size() + 1, query.size()));
        if (one.empty()) continue;
        const std::size_t equals = std::min(one.find('='), one.size());
        const auto name = percent_decoded(one.substr(0, equals));
        const auto value = percent_decoded(one.substr(std::min(equals + 1, one.size())));
        if (!name || !value) return std::unexpected(bad_parameter(one.substr(0, equals), "is wrongly encoded"));
        if (std::ranges::find(known, *name) == known.end())
            return std::unexpected(bad_parameter(*name, "is not known here. Known are: " + joined(known)));
        if (out.find(*name)) return std::unexpected(bad_parameter(*name, "is given twice"));
        if (value->size() > limits::attribution_bytes_max) return std::unexpected(bad_parameter(*name, "is too long"));
        out.all_.emplace_back(*name, *value);
    }
    return out;
}

std::optional<std::string_view> parameters::find(std::string_view name) const {
    for (const auto& [known, value] : all_)
        if (known == name) return value;
    return std::nullopt;
}

std::expected<store::usage_query, refusal> read_range(const parameters& asked, const tenant_id& tenant, instant now,
                                                      const time_zone& zone) {
    const std::int64_t month = window_start(window::month, now, zone);
    const auto from = read_time(asked, "from", month);
    if (!from) return std::unexpected(from.error());
    const auto to = read_time(asked, "to", window_end(window::month, now, zone).value_or(month));
    if (!to) return std::unexpected(to.error());
    if (*to <= *from) return std::unexpected(bad_parameter("to", "must be later than from"));
    if (to->seconds() - from->seconds() > limits::account_range_s_max)
        return std::unexpected(bad_parameter(
            "to", "is more than " + std::to_string(limits::account_range_s_max / 86'400) + " days after from"));
    return store::usage_query{tenant, *from, *to};
}

}
