#pragma once

// The head of an answer, as bytes.

#include <tollgate/core/fields.hpp>

#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::http {

struct answer_head {
    enum class framing : std::uint8_t { length, chunked, until_close, none };
    int status = 200;
    std::span<const field> fields;
    framing body = framing::length;
    std::size_t body_bytes = 0;
    bool close = false;
    bool name_keep_alive = false; // HTTP/1.0 keeps a connection only when told so
    std::string_view date;
};

// Control characters in a value become blanks: a value made from a request must not be able to end its line.
void append_head(std::string& out, const answer_head& head);

// 1xx, 204 and 304 end with their head.
bool may_have_body(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT", made once a second.
class date_text {
public:
    std::string_view now();

private:
    std::time_t second_ = -1;
    char text_[32]{};
};

}
