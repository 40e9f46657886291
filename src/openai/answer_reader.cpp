#include "answer_walk.hpp"
#include "output_text.hpp"

#include <tollgate/openai/tokenizer.hpp>

#include <utility>

namespace tollgate::openai {

namespace {

constexpr std::string_view null = "null";

}

answer_report read_answer(endpoint where, std::string_view body, const provider_quirks& quirks) {
    answer_report out;
    const answer_walk walk(body, quirks, out.usage);
    out.json = walk.json;
    // A failed response of the responses API has an `error` member, and is an answer all the same.
    out.error = walk.error && walk.object != "response";
    out.usage_close = walk.found.close;
    out.usage_empty = walk.found.empty;
    const std::string_view member = walk.found.member;
    out.usage_absent = member.empty();
    if (walk.found.is_null) {
        const std::size_t begin = static_cast<std::size_t>(member.data() - body.data());
        out.usage_null = static_cast<std::uint32_t>(begin + member.size() - null.size());
    }
    // Nothing comes out of an embedding: what its total says beyond the prompt was read too.
    if (where == endpoint::embeddings)
        out.usage.used.prompt_tokens += std::exchange(out.usage.used.completion_tokens, 0);
    const bool known = out.usage.present && !out.usage.completion_missing;
    if (known || where == endpoint::embeddings) return out;
    std::string text;
    append_output_text(text, walk.outputs);
    out.output_text_bytes = static_cast<std::int64_t>(text.size());
    out.output_tokens_counted = count_tokens(text);
    return out;
}

}
