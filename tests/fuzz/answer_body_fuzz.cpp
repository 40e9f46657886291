// Any bytes as a provider's answer: usage that adds up or none, never a crash; the cost fits where it is said to go; an
// error of any shape becomes one of ours.
#include "padded_input.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/openai/error_body.hpp>
#include <tollgate/openai/metering.hpp>
#include <tollgate/openai/retry_after.hpp>

#include <nlohmann/json.hpp>

#include <string>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

void check_usage(const usage& used) {
    TG_ASSERT(used.cached_tokens >= 0 && used.cache_write_tokens >= 0 && used.cache_write_1h_tokens >= 0);
    TG_ASSERT(used.audio_in_tokens >= 0 && used.image_in_tokens >= 0);
    TG_ASSERT(used.reasoning_tokens >= 0 && used.audio_out_tokens >= 0);
    TG_ASSERT(used.cached_tokens + used.cache_write_tokens + used.cache_write_1h_tokens + used.audio_in_tokens +
                  used.image_in_tokens <=
              used.prompt_tokens);
    TG_ASSERT(used.reasoning_tokens + used.audio_out_tokens <= used.completion_tokens);
}

void check_cost_insertion(endpoint where, std::string_view body, const answer_report& report,
                          const provider_quirks& quirks) {
    TG_ASSERT(report.usage_close < body.size() && body[report.usage_close] == '}');
    std::string with_cost(body);
    with_cost.insert(report.usage_close, report.usage_empty ? "\"cost_usd\":\"1\"" : ",\"cost_usd\":\"1\"");
    const padded_input again(with_cost);
    const answer_report second = read_answer(where, again.view(), quirks);
    TG_ASSERT(second.json == report.json && second.usage.used == report.usage.used);
}

void check_error(std::string_view body, unsigned char choice) {
    const int statuses[] = {200, 302, 400, 401, 404, 422, 429, 500, 503};
    const field wait[] = {{"retry-after", body}};
    const error_answer answer =
        normalise_provider_error(statuses[choice % 9], body, told_to_wait_ms(wait, instant()), "req_1");
    TG_ASSERT(answer.status >= 400 && answer.status < 600);
    TG_ASSERT(nlohmann::json::accept(answer.body));
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    if (size == 0) return 0;
    const auto where = static_cast<endpoint>(data[0] % 4);
    provider_quirks quirks;
    quirks.reasoning_extra = (data[0] & 16) != 0;
    quirks.input_excludes_cache = (data[0] & 32) != 0;
    const padded_input body({reinterpret_cast<const char*>(data) + 1, size - 1});
    const answer_report report = read_answer(where, body.view(), quirks);
    if (report.usage.present) check_usage(report.usage.used);
    if (report.json && report.usage_close != 0) check_cost_insertion(where, body.view(), report, quirks);
    TG_ASSERT(report.output_tokens_counted <= report.output_text_bytes);
    check_error(body.view(), data[0]);
    return 0;
}
