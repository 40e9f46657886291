#include <tollgate/runtime/chunked_decoder.hpp>

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <cstring>

namespace tollgate {

namespace {

// The value of a hexadecimal digit, or 16.
std::uint64_t digit_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<std::uint64_t>(c - '0');
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'f') return static_cast<std::uint64_t>(lower - 'a' + 10);
    return 16;
}

bool control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

}

chunked_decoder::progress chunked_decoder::decode(std::span<char> bytes) {
    progress so_far;
    while (so_far.consumed < bytes.size() && at_ != place::done && at_ != place::malformed) {
        if (at_ == place::data) {
            take_data(bytes, so_far);
            continue;
        }
        if (at_ == place::size_first && take_size_line(bytes, so_far)) continue;
        step(bytes[so_far.consumed]);
        if (at_ != place::malformed) ++so_far.consumed;
    }
    return so_far;
}

// What there is of a chunk's data, and the line end behind it when that is there too.
void chunked_decoder::take_data(std::span<char> bytes, progress& so_far) {
    char* const from = bytes.data() + so_far.consumed;
    const std::size_t there = bytes.size() - so_far.consumed;
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, there));
    if (so_far.data != so_far.consumed) std::memmove(bytes.data() + so_far.data, from, n);
    so_far.data += n;
    so_far.consumed += n;
    left_ -= n;
    if (left_ > 0) return;
    const bool ends = there >= n + 2 && from[n] == '\r' && from[n + 1] == '\n';
    if (ends) so_far.consumed += 2;
    at_ = ends ? place::size_first : place::data_cr;
}

// The usual size line, all of it there: a few digits and CR LF, and not the last one.
bool chunked_decoder::take_size_line(std::span<const char> bytes, progress& so_far) {
    constexpr std::size_t digits_max = 7;
    const auto line = bytes.subspan(so_far.consumed);
    std::uint64_t size = 0;
    std::size_t digits = 0;
    for (; digits < line.size(); ++digits) {
        const std::uint64_t digit = digit_value(line[digits]);
        if (digit == 16) break;
        if (digits == digits_max) return false;
        size = size * 16 + digit;
    }
    if (size == 0 || line.size() < digits + 2 || line[digits] != '\r' || line[digits + 1] != '\n') return false;
    so_far.consumed += digits + 2;
    left_ = size;
    at_ = place::data;
    return true;
}

void chunked_decoder::step(char c) {
    const auto expect = [&](char wanted, place next) { at_ = c == wanted ? next : place::malformed; };
    switch (at_) {
    case place::size_first:
    case place::size: return size_digit(c);
    case place::extension: return extension_char(c);
    case place::size_lf: return c == '\n' ? end_of_size() : expect('\n', place::malformed);
    case place::data_cr: return expect('\r', place::data_lf);
    case place::data_lf: return expect('\n', place::size_first);
    case place::trailer_first:
        if (c == '\r') return expect('\r', place::end_lf);
        at_ = place::trailer;
        return trailer_char(c);
    case place::trailer: return trailer_char(c);
    case place::trailer_lf: return expect('\n', place::trailer_first);
    case place::end_lf: return expect('\n', place::done);
    case place::data:
    case place::done:
    case place::malformed: return;
    }
}

void chunked_decoder::size_digit(char c) {
    const bool first = at_ == place::size_first;
    if (first) {
        left_ = 0;
        line_ = 0;
    }
    const std::uint64_t digit = digit_value(c);
    if (digit < 16) {
        // 15 digits cannot overflow; no chunk of this size is ever sent.
        at_ = ++line_ <= 15 ? place::size : place::malformed;
        left_ = left_ * 16 + digit;
    } else if (!first && c == '\r') {
        at_ = place::size_lf;
    } else if (!first && c == ';') {
        at_ = place::extension;
    } else {
        at_ = place::malformed;
    }
}

void chunked_decoder::end_of_size() { at_ = left_ == 0 ? place::trailer_first : place::data; }

void chunked_decoder::extension_char(char c) {
    if (c == '\r') {
        at_ = place::size_lf;
    } else if (control(c) || ++line_ > limits::chunk_line_bytes_max ||
               ++extensions_ > limits::chunk_extension_bytes_max) {
        at_ = place::malformed;
    }
}

void chunked_decoder::trailer_char(char c) {
    if (c == '\r') {
        at_ = place::trailer_lf;
    } else if (control(c) || ++trailers_ > limits::trailer_bytes_max) {
        at_ = place::malformed;
    }
}

}
