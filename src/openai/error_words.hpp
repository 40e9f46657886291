#pragma once

#include <tollgate/openai/error_body.hpp>

#include <string_view>

namespace tollgate::openai {

// The four members of an error that OpenAI's clients read; an empty param or code is null.
struct error_words {
    std::string_view message, type, param, code;
};

// The answer for `why`, in other words than its code's own.
error_answer to_answer(const error_words& words, const refusal& why, std::string_view request_id);

}
