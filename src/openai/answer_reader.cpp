#include "answer_walk.hpp"
#include "output_text.hpp"

#include <tollgate/openai/tokenizer.hpp>

namespace tollgate::openai {

answer_report read_answer(endpoint where, std::string_view body, const provider_quirks& quirks) {
    answer_report out;
    const answer_walk walk(body, quirks, out.usage);
    out.json = walk.json;
    // A failed response of the responses API has an `error` member, and is an answer all the same.
    out.error = walk.error && walk.object != "response";
    out.usage_close = walk.found.close;
    out.usage_empty = walk.found.empty;
    if (out.usage.present || where == endpoint::embeddings) return out;
    std::string text;
    append_output_text(text, walk.outputs);
    out.output_text_bytes = static_cast<std::int64_t>(text.size());
    out.output_tokens_counted = count_tokens(text);
    return out;
}

}
