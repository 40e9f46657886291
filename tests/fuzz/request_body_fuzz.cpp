// Any bytes as a request body: a refusal or facts, never a crash. What is accepted is JSON to a second parser as well,
// keeps its meaning through every edit, and has no more tokens than the bound says.
#include "padded_input.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/openai/request.hpp>

#include <nlohmann/json.hpp>

#include <string>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

std::string joined(body_edits& edits) {
    std::string out;
    const std::size_t size = edits.size();
    for (const std::string_view piece : edits.pieces()) out += piece;
    TG_ASSERT(out.size() == size);
    return out;
}

// The second parser refuses lone surrogates and numbers out of its range, which are valid JSON all the same.
bool second_parser_may_differ(std::string_view body) {
    return body.find("\\u") != std::string_view::npos || body.find_first_of("eE") != std::string_view::npos;
}

void check_edits(const request_facts& facts, std::string_view body) {
    body_edits edits(body);
    set_model(edits, facts, "up\"stream");
    set_output_cap(edits, facts, 77, true);
    ask_for_usage(edits, facts);
    set_tool_calls_cap(edits, facts, 3);
    const padded_input edited(joined(edits));
    const auto again = read_request(facts.where, edited.view());
    TG_ASSERT(again.has_value());
    TG_ASSERT(again->model == "up\"stream" && again->max_tool_calls == 3);
    TG_ASSERT(again->messages == facts.messages && again->choices == facts.choices &&
              again->end_user == facts.end_user);
    TG_ASSERT(again->text_bytes == facts.text_bytes && again->hosted_tools == facts.hosted_tools);
    if (facts.where == endpoint::embeddings) return;
    TG_ASSERT(again->max_output == 77 && again->cap_members.size() == 1);
    if (facts.where != endpoint::responses) TG_ASSERT(again->wants_usage);
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const auto where = static_cast<endpoint>(data[0] % 4);
    const padded_input body({reinterpret_cast<const char*>(data) + 1, size - 1});
    const auto facts = read_request(where, body.view());
    if (!facts) {
        TG_ASSERT(facts.error().code == errc::invalid_request && !facts.error().message.empty());
        TG_ASSERT(count_input_tokens(where, body.view()) == static_cast<std::int64_t>(body.view().size()));
        return 0;
    }
    TG_ASSERT(nlohmann::json::accept(body.view()) || second_parser_may_differ(body.view()));
    TG_ASSERT(!facts->model.empty() && facts->choices >= 1 && facts->text_bytes >= 0);
    TG_ASSERT(count_input_tokens(where, body.view()) <= facts->text_bytes);
    check_edits(*facts, body.view());
    return 0;
}
