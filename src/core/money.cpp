#include <tollgate/core/money.hpp>

#include <tollgate/core/append.hpp>
#include <tollgate/core/limits.hpp>

namespace tollgate {

namespace {

constexpr int nano_digits = 9;

struct decimal {
    bool negative = false;
    std::string_view whole, fraction;
};

bool all_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

std::optional<decimal> split(std::string_view text) {
    decimal parts;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        parts.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const auto point = text.find('.');
    parts.whole = text.substr(0, point);
    if (point != std::string_view::npos) {
        parts.fraction = text.substr(point + 1);
        if (parts.fraction.empty()) return std::nullopt;
    }
    if (parts.whole.empty() || !all_digits(parts.whole) || !all_digits(parts.fraction)) return std::nullopt;
    return parts;
}

}

std::optional<usd_nano> parse_usd(std::string_view text) {
    auto parts = split(text);
    if (!parts) return std::nullopt;
    while (parts->fraction.size() > nano_digits && parts->fraction.back() == '0') parts->fraction.remove_suffix(1);
    if (parts->fraction.size() > nano_digits) return std::nullopt;

    __int128 value = 0;
    const auto take = [&value](char digit) {
        value = value * 10 + (digit - '0');
        return value <= limits::amount_nano_max;
    };
    for (const char c : parts->whole)
        if (!take(c)) return std::nullopt;
    for (std::size_t i = 0; i < nano_digits; ++i)
        if (!take(i < parts->fraction.size() ? parts->fraction[i] : '0')) return std::nullopt;
    const auto count = static_cast<std::int64_t>(value);
    return usd_nano(parts->negative ? -count : count);
}

char* put_usd(char* at, usd_nano amount) {
    const bool negative = amount.count() < 0;
    const std::uint64_t count = static_cast<std::uint64_t>(amount.count());
    const std::uint64_t size = negative ? ~count + 1 : count;
    if (negative) *at++ = '-';
    at = put_number(at, static_cast<std::int64_t>(size / usd_nano::per_usd));
    *at++ = '.';
    auto rest = static_cast<std::uint32_t>(size % usd_nano::per_usd);
    int digits = nano_digits;
    for (; digits > 2 && rest % 10 == 0; --digits) rest /= 10;
    for (int i = digits; i > 0; rest /= 10) at[--i] = static_cast<char>('0' + rest % 10);
    return at + digits;
}

void append_usd(std::string& out, usd_nano amount) {
    append_with(out, usd_bytes_max, [&](char* at) { return put_usd(at, amount); });
}

std::string to_usd(usd_nano amount) {
    std::string out;
    append_usd(out, amount);
    return out;
}

}
