#pragma once

// Chunked transfer coding (RFC 9112, 7.1) without I/O, for both sides of the gateway. Stricter than most: CRLF only,
// no blanks around a size, bounded lines, extensions and trailers. Extensions and trailers are checked and dropped.

#include <cstddef>
#include <cstdint>
#include <span>

namespace tollgate {

class chunked_decoder {
public:
    struct progress {
        std::size_t consumed = 0; // bytes of the input that are done with
        std::size_t data = 0;     // bytes of the body, moved to the front of the input
    };
    // Decodes in place; the input may be split anywhere. Consumes everything, except that it stops behind the end of
    // the message (what follows is another message) or at a fault. The caller bounds the sum of `data`.
    progress decode(std::span<char> bytes);

    bool done() const { return at_ == place::done; }
    bool malformed() const { return at_ == place::malformed; }

private:
    enum class place : std::uint8_t {
        size_first,
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_first,
        trailer,
        trailer_lf,
        end_lf,
        done,
        malformed,
    };
    bool take_size_line(std::span<const char> bytes, progress& so_far);
    void take_data(std::span<char> bytes, progress& so_far);
    void step(char c);
    void size_digit(char c);
    void end_of_size();
    void extension_char(char c);
    void trailer_char(char c);

    place at_ = place::size_first;
    std::uint64_t left_ = 0;       // of the current chunk
    std::uint32_t line_ = 0;       // bytes of the current size line
    std::uint32_t extensions_ = 0; // bytes of all extensions
    std::uint32_t trailers_ = 0;   // bytes of all trailers
};

}
