#include <tollgate/store/codec.hpp>

#include "take_number.hpp"

#include <tollgate/core/assert.hpp>

#include <array>
#include <charconv>

namespace tollgate::store {

namespace {

template <class Enum, std::size_t N>
std::optional<Enum> find_name(const std::array<Enum, N>& all, std::string_view name) {
    for (const Enum each : all)
        if (name_of(each) == name) return each;
    return std::nullopt;
}

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

constexpr std::array other_kinds{
    &usage::cache_write_tokens, &usage::cache_write_1h_tokens, &usage::reasoning_tokens, &usage::audio_in_tokens,
    &usage::audio_out_tokens,   &usage::image_in_tokens,       &usage::web_search_calls,
};

}

std::string_view name_of(ledger::funding from) {
    using enum ledger::funding;
    switch (from) {
    case purchase: return "purchase";
    case promo: return "promo";
    case plan: return "plan";
    case refund: return "refund";
    case adjustment: return "adjustment";
    }
    TG_ASSERT(false);
}

std::string_view name_of(ledger::unknown_usage choice) {
    using enum ledger::unknown_usage;
    switch (choice) {
    case charge_estimate: return "charge_estimate";
    case charge_input: return "charge_input";
    case release: return "release";
    }
    TG_ASSERT(false);
}

std::optional<ledger::ending> parse_ending(std::string_view name) {
    using enum ledger::ending;
    return find_name(std::array{settled, released, expired}, name);
}

std::optional<ledger::account> parse_account(std::string_view name) {
    using enum ledger::account;
    return find_name(std::array{prepaid, receivable, revenue, cash_clearing, promo_expense, refunds, breakage,
                                adjustments, provider_cost, provider_payable},
                     name);
}

std::optional<ledger::funding> parse_funding(std::string_view name) {
    using enum ledger::funding;
    return find_name(std::array{purchase, promo, plan, refund, adjustment}, name);
}

std::optional<ledger::unknown_usage> parse_unknown_usage(std::string_view name) {
    using enum ledger::unknown_usage;
    return find_name(std::array{charge_estimate, charge_input, release}, name);
}

std::optional<cost_source> parse_cost_source(std::string_view name) {
    using enum cost_source;
    return find_name(std::array{provider_usage, counted, estimated}, name);
}

std::string pack_touched(const std::vector<ledger::touched>& rows) {
    constexpr std::size_t usual_scope = 24;
    std::string out;
    out.reserve(rows.size() * (16 + usual_scope));
    for (const ledger::touched& row : rows) {
        std::array<char, 48> head{}; // a digit and two numbers of at most 20
        char* at = head.data();
        *at++ = static_cast<char>('0' + static_cast<int>(row.span));
        at = std::to_chars(at, head.end(), row.start_s).ptr;
        *at++ = ':';
        at = std::to_chars(at, head.end(), row.scope.size()).ptr;
        *at++ = ':';
        out.append(head.data(), at).append(row.scope);
    }
    return out;
}

std::optional<std::vector<ledger::touched>> unpack_touched(std::string_view text) {
    std::vector<ledger::touched> rows;
    while (!text.empty()) {
        const int span = text.front() - '0';
        if (span < 0 || span > static_cast<int>(window::total)) return std::nullopt;
        text.remove_prefix(1);
        const auto start = take_number(text, ':');
        const auto length = start ? take_number(text, ':') : std::nullopt;
        if (!length || *length < 0 || static_cast<std::size_t>(*length) > text.size()) return std::nullopt;
        const auto size = static_cast<std::size_t>(*length);
        rows.push_back({std::string(text.substr(0, size)), static_cast<window>(span), *start});
        text.remove_prefix(size);
    }
    return rows;
}

std::string pack_other_usage(const usage& used) {
    bool any = false;
    for (const auto kind : other_kinds) any = any || used.*kind != 0;
    std::string out;
    if (!any) return out;
    for (const auto kind : other_kinds) {
        append_number(out, used.*kind);
        out += ',';
    }
    return out;
}

bool unpack_other_usage(std::string_view text, usage& used) {
    if (text.empty()) return true;
    for (const auto kind : other_kinds) {
        const auto number = take_number(text, ',');
        if (!number) return false;
        used.*kind = *number;
    }
    return text.empty();
}

std::string pack_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) {
        if (!out.empty()) out += '\n';
        out += line;
    }
    return out;
}

std::vector<std::string> unpack_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
    return lines;
}

}
