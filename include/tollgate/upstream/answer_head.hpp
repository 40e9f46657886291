#pragma once

// The head of a provider's answer: status, framing, and the fields that may go on to a client, as views. Pure.

#include <tollgate/core/error.hpp>
#include <tollgate/core/fields.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace tollgate::upstream {

enum class framing : std::uint8_t { none, length, chunked, until_close };
enum class coding : std::uint8_t { identity, gzip, unknown }; // content-encoding; gzip stands for deflate too

struct answer_head {
    int status = 0;
    framing body = framing::none;
    std::uint64_t length = 0; // of the body when framing is length
    coding encoding = coding::identity;
    bool keep_alive = false;
    std::vector<field> fields;               // hop-by-hop, framing and provider-private fields removed
    std::vector<std::string_view> hop_names; // what `connection` named; scratch

    bool interim() const { return status >= 100 && status < 200; }
};

// Length of the head at the start of `bytes`, its blank line included; 0: not complete. `from` is where an earlier
// search of the same bytes ended.
std::size_t find_head_end(std::string_view bytes, std::size_t from = 0);

// Parses one complete head. `out` keeps its memory between calls; its views point into `text`. `to_head_method`: the
// request was HEAD, so no body follows. Fails with provider_error on anything whose framing is not beyond doubt.
result<void> parse_answer_head(std::string_view text, bool to_head_method, answer_head& out);

}
