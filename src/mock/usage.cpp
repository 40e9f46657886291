#include "json_out.hpp"
#include "reply.hpp"

#include <algorithm>

namespace tollgate::mock {
namespace {

struct totals {
    std::int64_t prompt = 0, completion = 0, cached = 0, reasoning = 0;
};

totals totals_of(const call& what, const steering& how, std::int64_t words_so_far) {
    const counts n = count(what, how);
    totals t{.prompt = n.prompt, .completion = words_so_far * what.choices, .cached = 0, .reasoning = 0};
    if (what.kind == api::embeddings) t.completion = 0;
    if (how.usage == usage_kind::zero) return {};
    if (how.usage == usage_kind::worst) t.completion = what.cap.value_or(n.words) * what.choices;
    t.prompt = how.usage_prompt.value_or(t.prompt);
    t.completion = how.usage_completion.value_or(t.completion);
    t.cached = how.usage_cached.value_or(0);
    t.reasoning = how.usage_reasoning.value_or(0);
    return t;
}

// Numbers an honest provider would never send: a fraction and a negative.
std::string wrong_usage(api kind) {
    const bool responses = kind == api::responses;
    return responses ? R"("usage":{"input_tokens":1.5,"output_tokens":-3,"total_tokens":"7"})"
                     : R"("usage":{"prompt_tokens":1.5,"completion_tokens":-3,"total_tokens":"7"})";
}

// Saturates: the counts may be steered to anything.
std::int64_t sum(std::int64_t a, std::int64_t b) {
    std::int64_t total = 0;
    return __builtin_add_overflow(a, b, &total) ? INT64_MAX : total;
}

}

std::string usage_member(const call& what, const steering& how, std::int64_t words_so_far) {
    if (how.usage == usage_kind::absent) return {};
    if (how.usage == usage_kind::wrong) return wrong_usage(what.kind);
    const totals t = totals_of(what, how, words_so_far);
    const std::int64_t total = sum(t.prompt, t.completion);
    std::string out;
    switch (what.kind) {
    case api::embeddings:
        put_all(out, R"("usage":{"prompt_tokens":)", t.prompt, R"(,"total_tokens":)", total, "}");
        break;
    case api::responses:
        put_all(out, R"("usage":{"input_tokens":)", t.prompt, R"(,"input_tokens_details":{"cached_tokens":)", t.cached,
                R"(},"output_tokens":)", t.completion, R"(,"output_tokens_details":{"reasoning_tokens":)", t.reasoning,
                R"(},"total_tokens":)", total, "}");
        break;
    case api::chat:
    case api::completions:
        put_all(out, R"("usage":{"prompt_tokens":)", t.prompt, R"(,"completion_tokens":)", t.completion,
                R"(,"total_tokens":)", total, R"(,"prompt_tokens_details":{"cached_tokens":)", t.cached,
                R"(,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":)", t.reasoning,
                R"(,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})");
        break;
    }
    return out;
}

}
