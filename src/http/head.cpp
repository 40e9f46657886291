#include <tollgate/core/eight_bytes.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/http/head.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace tollgate::http {
namespace {

constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";

constexpr std::array<bool, 256> make_token_table() {
    std::array<bool, 256> table{};
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
    for (const char c : token_marks) table[static_cast<unsigned char>(c)] = true;
    return table;
}

constexpr auto token_table = make_token_table();

bool is_token_char(char c) { return token_table[static_cast<unsigned char>(c)]; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_field_value(std::string_view text) {
    if (!has_control(text)) return true;
    return std::ranges::none_of(text, [](char c) { return is_control(c) && c != '\t'; });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

head_fault parse_request_line(std::string_view line, request_head& into) {
    std::size_t at = 0;
    while (at < line.size() && is_token_char(line[at])) ++at;
    if (at == 0 || at == line.size() || line[at] != ' ') return head_fault::method;
    into.method = line.substr(0, at);
    const std::size_t target = ++at;
    while (at < line.size() && line[at] > 0x20 && line[at] < 0x7f) ++at;
    if (at == target || at == line.size() || line[at] != ' ') return head_fault::target;
    into.target = line.substr(target, at - target);
    const std::string_view version = line.substr(at + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return head_fault::version;
    into.minor = version.back() - '0';
    return head_fault::none;
}

head_fault parse_field(std::string_view line, request_head& into) {
    if (is_blank(line.front())) return head_fault::folded_line;
    std::size_t at = 0;
    while (at < line.size() && is_token_char(line[at])) ++at;
    if (at == 0 || at == line.size() || line[at] != ':') return head_fault::field_name;
    const std::string_view value = trimmed(line.substr(at + 1));
    if (!is_field_value(value)) return head_fault::field_value;
    if (into.fields.size() == limits::head_fields_max) return head_fault::too_many_fields;
    into.fields.push_back({.name = line.substr(0, at), .value = value});
    return head_fault::none;
}

}

error explain(head_fault why) {
    const auto invalid = [](const char* text) { return error{errc::invalid_request, text}; };
    switch (why) {
    case head_fault::none: break;
    case head_fault::too_large: return {errc::head_too_large, "The request line and header fields are too large."};
    case head_fault::too_many_fields: return {errc::head_too_large, "The request has too many header fields."};
    case head_fault::line_end: return invalid("A line of the request head does not end with CRLF.");
    case head_fault::folded_line: return invalid("A header field is folded over several lines.");
    case head_fault::method: return invalid("The request method is malformed.");
    case head_fault::target: return invalid("The request target is not a path.");
    case head_fault::version: return invalid("The HTTP version is not 1.0 or 1.1.");
    case head_fault::field_name: return invalid("A header field name is malformed.");
    case head_fault::field_value: return invalid("A header field value holds control characters.");
    case head_fault::host: return invalid("The request must have exactly one Host header.");
    case head_fault::transfer_encoding: return invalid("The only transfer coding understood is chunked, on HTTP/1.1.");
    case head_fault::content_length: return invalid("The Content-Length header is malformed or repeated.");
    case head_fault::both_lengths: return invalid("A request cannot have both Content-Length and Transfer-Encoding.");
    case head_fault::repeated_field: return invalid("A header field that must be unique is repeated.");
    case head_fault::expectation: return invalid("The only expectation understood is 100-continue.");
    case head_fault::method_not_allowed: return {errc::method_not_allowed, "The method is not allowed."};
    case head_fault::upgrade: return {errc::upgrade_not_supported, "Upgrading the connection is not supported."};
    }
    return {errc::internal_error, {}};
}

head_boundary::verdict head_boundary::look(std::string_view bytes) {
    while (seen_ < bytes.size()) {
        const void* found = std::memchr(bytes.data() + seen_, '\n', bytes.size() - seen_);
        if (found == nullptr) {
            seen_ = bytes.size();
            return verdict::incomplete;
        }
        const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        if (at == line_ || bytes[at - 1] != '\r') return verdict::fault;
        seen_ = at + 1;
        const bool empty = at - 1 == line_;
        line_ = seen_;
        if (empty) return verdict::complete;
    }
    return verdict::incomplete;
}

head_fault parse_head(std::string_view text, request_head& into) {
    into.fields.clear();
    bool request_line = true;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r') return head_fault::line_end;
        const std::string_view line = text.substr(0, end - 1);
        text.remove_prefix(end + 1);
        if (line.empty()) return request_line ? head_fault::method : head_fault::none;
        const head_fault fault = request_line ? parse_request_line(line, into) : parse_field(line, into);
        if (fault != head_fault::none) return fault;
        request_line = false;
    }
    return head_fault::line_end;
}

}
