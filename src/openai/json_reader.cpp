#include "json_reader.hpp"

#include <tollgate/core/limits.hpp>

#include <bit>
#include <cstring>

namespace tollgate::openai::json {

namespace {

constexpr std::size_t shared_parser_bytes_max = 256 * 1024;
constexpr std::size_t padding_bytes = 64;

// The memory of simdjson's index. Kept for the thread, because allocating it anew costs as much as reading a small
// body; a large body gets a parser of its own, so that it does not stay large for ever.
ondemand::parser& shared_parser() {
    thread_local ondemand::parser parser(shared_parser_bytes_max);
    return parser;
}

// The high bit of each byte that is `wanted`; exact up to the first of them.
constexpr std::uint64_t bytes_equal(std::uint64_t eight, char wanted) {
    constexpr std::uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    const std::uint64_t apart = eight ^ (ones * static_cast<unsigned char>(wanted));
    return (apart - ones) & ~apart & highs;
}

}

bool depth_allowed(int depth) { return depth <= limits::json_depth_max; }

reader::reader(std::string_view text) : text_(text) {
    if (trimmed(text).empty()) {
        failure_ = fault::empty;
        return;
    }
    const bool large = text.size() > shared_parser_bytes_max;
    if (large) own_ = std::make_unique<ondemand::parser>();
    ondemand::parser& parser = large ? *own_ : shared_parser();
    const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + padding_bytes);
    if (parser.iterate(padded).get(document_) != simdjson::SUCCESS) failure_ = fault::not_json;
}

bool reader::fail(fault why) {
    if (failure_ != fault::none) return false; // the first reason is the one that helps
    failure_ = why;
    const char* at = nullptr;
    if (document_.is_alive() && document_.current_location().get(at) == simdjson::SUCCESS) stopped_at_ = offset(at);
    return false;
}

bool reader::at_end() { return document_.current_location().error() == simdjson::OUT_OF_BOUNDS; }

// Eight bytes at a time: the text is followed by 64 readable ones, and the index has seen the closing quote.
std::string_view reader::key_text(ondemand::field& from, bool& escaped) {
    static_assert(std::endian::native == std::endian::little);
    const char* begin = from.key().raw();
    const char* end = begin;
    escaped = false;
    for (;;) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, end, 8);
        const std::uint64_t marks = bytes_equal(eight, '"') | bytes_equal(eight, '\\');
        if (marks == 0) {
            end += 8;
            continue;
        }
        end += std::countr_zero(marks) / 8;
        if (*end == '"') return {begin, static_cast<std::size_t>(end - begin)};
        escaped = true;
        end += 2;
    }
}

std::string_view reader::token(ondemand::value& from) {
    std::string_view text = from.raw_json_token();
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

kind reader::kind_of(std::string_view token) {
    if (token.empty()) return kind::invalid;
    switch (token.front()) {
    case '{': return kind::object;
    case '[': return kind::array;
    case '"': return kind::string;
    case 't':
    case 'f': return kind::boolean;
    case 'n': return kind::null;
    default: return kind::number;
    }
}

bool reader::string(std::string_view token, std::string_view& inside) {
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') return fail(fault::not_json);
    inside = token.substr(1, token.size() - 2);
    if (has_escapes(inside) && !valid_escapes(inside)) return fail(fault::not_json);
    return true;
}

bool reader::skip(ondemand::value from) {
    const std::string_view text = token(from);
    switch (kind_of(text)) {
    case kind::object: return object(from, [this](member& m) { return skip(m.value); });
    case kind::array: return array(from, [this](ondemand::value& v) { return skip(v); });
    case kind::string: {
        std::string_view inside;
        return string(text, inside);
    }
    default: return valid_scalar(text) || fail(fault::not_json);
    }
}

bool reader::skip(ondemand::value from, std::string_view& raw) {
    const std::string_view text = token(from);
    const kind what = kind_of(text);
    if (!skip(from)) return false;
    raw = text;
    if (what != kind::object && what != kind::array) return true;
    raw = {text.data(), static_cast<std::size_t>(end_of_last() - text.data())};
    return true;
}

const char* reader::end_of_last() {
    const char* at = nullptr;
    if (document_.current_location().get(at) != simdjson::SUCCESS) return text_.data() + text_.size();
    while (at > text_.data() && is_space(at[-1])) --at;
    return at;
}

}
