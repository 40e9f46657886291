#include "error_table.hpp"

#include <tollgate/core/assert.hpp>

#include <array>

namespace tollgate::openai {

namespace {

using enum errc;
using enum retry_rule;

constexpr std::string_view invalid = "invalid_request_error", permission = "permission_error",
                           quota = "insufficient_quota", rate = "rate_limit_error",
                           unavailable = "service_unavailable_error", server = "server_error";

// THE table. Its order is that of errc, which the compiler checks below.
// clang-format off
constexpr std::array table{
    // who
    error_row{invalid_api_key, "invalid_api_key", 401, invalid, by_status, false, {},
              "This API key is not known here. Send a key of this gateway as `Authorization: Bearer KEY`."},
    error_row{api_key_revoked, "api_key_revoked", 401, invalid, by_status, false, {},
              "This API key has been revoked. Ask your administrator for a new one."},
    error_row{api_key_expired, "api_key_expired", 401, invalid, by_status, false, {},
              "This API key has expired. Ask your administrator for a new one."},
    error_row{tenant_suspended, "tenant_suspended", 403, permission, by_status, false, {},
              "This account is suspended or closed. Ask your administrator to reactivate it."},
    // what may run
    error_row{model_not_found, "model_not_found", 404, invalid, by_status, false, "model",
              "This model does not exist here, or this key may not use it. GET /v1/models lists those it may "
              "use."},
    error_row{model_tier_not_allowed, "model_tier_not_allowed", 403, permission, by_status, false, "model",
              "The tier of this model is not part of your plan. Use a model of an allowed tier: GET /v1/models "
              "lists them."},
    error_row{model_not_priced, "model_not_priced", 403, permission, by_status, false, "model",
              "This model has no price, so it cannot run under a budget. Use another model, or ask your "
              "administrator to add its price."},
    error_row{price_increase_not_approved, "price_increase_not_approved", 403, permission, by_status, false, "model",
              "The price of this model rose by more than this account accepts. Use another model, or ask your "
              "administrator to approve the price."},
    error_row{feature_blocked, "feature_blocked", 403, permission, by_status, false, {},
              "This feature is blocked by policy. Ask your administrator to allow it."},
    error_row{feature_paused, "feature_paused", 403, permission, by_status, false, {},
              "This feature is paused because its spending is unusual. It resumes by itself, or when an "
              "administrator releases it."},
    error_row{hosted_tool_not_allowed, "hosted_tool_not_allowed", 403, permission, by_status, false, "tools",
              "Tools that the provider runs (web search, file search, code interpreter, ...) are not allowed "
              "under this budget. Remove them from `tools`, or ask your administrator to allow them."},
    // money
    error_row{prepaid_balance_required, "prepaid_balance_required", 402, quota, never, true, {},
              "The prepaid balance does not cover this request. Top up the balance to go on."},
    error_row{tenant_budget_exceeded, "tenant_budget_exceeded", 402, quota, never, true, {},
              "The budget of this account is used up. Spending resumes with the next period, or when an "
              "administrator raises the limit."},
    error_row{workspace_budget_exceeded, "workspace_budget_exceeded", 402, quota, never, true, {},
              "The budget of this workspace is used up. Spending resumes with the next period, or when an "
              "administrator raises the limit."},
    error_row{key_budget_exceeded, "key_budget_exceeded", 402, quota, never, true, {},
              "The budget of this API key is used up. Spending resumes with the next period, or when an "
              "administrator raises the limit."},
    error_row{feature_budget_exceeded, "feature_budget_exceeded", 402, quota, never, true, {},
              "The budget of this feature is used up. Spending resumes with the next period, or when an "
              "administrator raises the limit."},
    error_row{agent_budget_exceeded, "agent_budget_exceeded", 402, quota, never, true, {},
              "The budget of this agent is used up. Spending resumes with the next period, or when an "
              "administrator raises the limit."},
    error_row{end_user_budget_exceeded, "end_user_budget_exceeded", 402, quota, never, true, {},
              "The budget of this end user is used up. Spending resumes with the next period, or when an "
              "administrator raises the limit."},
    error_row{request_cost_limit_exceeded, "request_cost_limit_exceeded", 400, invalid, by_status, false,
              "max_completion_tokens",
              "This single request may cost more than one request is allowed to. Lower `max_completion_tokens`, "
              "shorten the input, or use a cheaper model."},
    error_row{reservation_capacity_exceeded, "reservation_capacity_exceeded", 429, rate, wait, false, {},
              "The remaining budget is held by requests that are still running. Send this one again in a "
              "moment."},
    // pace
    error_row{request_rate_exceeded, "rate_limit_exceeded", 429, "requests", wait, false, {},
              "Too many requests. Slow down, and send this one again after the time in `Retry-After`."},
    error_row{token_rate_exceeded, "rate_limit_exceeded", 429, "tokens", wait, false, {},
              "Too many tokens in this period. Slow down, and send this request again after the time in "
              "`Retry-After`."},
    error_row{concurrency_exceeded, "rate_limit_exceeded", 429, "requests", wait, false, {},
              "Too many requests are running at once. Wait until one of them has ended."},
    error_row{retry_storm_blocked, "retry_storm_blocked", 429, rate, never_but_wait, false, {},
              "The same request came again and again, so it is blocked for a while. Fix what makes it fail, and "
              "retry with growing pauses."},
    // dialogue
    error_row{confirmation_required, "confirmation_required", 428, invalid, by_status, false, {},
              "This request needs a confirmation of its cost. Send it again with the token of "
              "`error.gateway.confirmation` in `X-AI-Confirm`."},
    error_row{idempotency_in_progress, "idempotency_in_progress", 409, invalid, wait, false, {},
              "A request with this idempotency key is still running. Send it again in a moment to get its "
              "answer."},
    error_row{idempotency_key_reused, "idempotency_key_reused", 422, invalid, by_status, false, {},
              "This idempotency key was used with another request. Use a new key for a new request."},
    error_row{idempotency_key_required, "idempotency_key_required", 400, invalid, by_status, false, {},
              "This account requires an `Idempotency-Key` header. Send a unique value with each new request."},
    error_row{idempotency_answer_not_kept, "idempotency_answer_not_kept", 409, invalid, never, false, {},
              "A request with this idempotency key was answered and charged, and its answer was too long to be kept. "
              "Use a new key to run it again."},
    // the request itself
    error_row{invalid_request, "invalid_request", 400, invalid, by_status, false, {},
              "This request cannot be read. Check it against the API reference."},
    error_row{body_too_large, "body_too_large", 413, invalid, by_status, false, {},
              "The request body is larger than this gateway accepts. Send a smaller one."},
    error_row{head_too_large, "head_too_large", 431, invalid, by_status, false, {},
              "The request head is larger than this gateway accepts. Send fewer or shorter header fields."},
    error_row{method_not_allowed, "method_not_allowed", 405, invalid, by_status, false, {},
              "This path does not take this method. The `Allow` header names those it takes."},
    error_row{path_not_found, "path_not_found", 404, invalid, by_status, false, {},
              "This gateway has no such path. It serves /v1/chat/completions, /v1/completions, /v1/responses, "
              "/v1/embeddings, /v1/models and /v1/account."},
    error_row{unsupported_media_type, "unsupported_media_type", 415, invalid, by_status, false, {},
              "The request body must be JSON, sent with `Content-Type: application/json` and without an "
              "encoding."},
    error_row{request_timeout, "request_timeout", 408, invalid, by_status, false, {},
              "The request did not arrive in time. Send it again."},
    error_row{upgrade_not_supported, "upgrade_not_supported", 426, invalid, by_status, false, {},
              "WebSockets are not served here. Use the HTTP endpoint of the same name."},
    // the gateway
    error_row{ledger_unavailable, "ledger_unavailable", 503, unavailable, wait, false, {},
              "Budgets cannot be checked right now, so nothing was sent to a provider and nothing was charged. "
              "Send the request again in a moment."},
    error_row{overloaded, "server_is_overloaded", 503, unavailable, wait, false, {},
              "The gateway is overloaded. Nothing was charged. Send the request again in a moment."},
    error_row{shutting_down, "server_is_overloaded", 503, unavailable, wait, false, {},
              "The gateway is restarting. Nothing was charged. Send the request again in a moment."},
    error_row{internal_error, "internal_error", 500, server, never, false, {},
              "Something failed in the gateway. Send the request again; if it persists, report the request id."},
    // the provider
    error_row{provider_unavailable, "provider_unavailable", 502, server, never, false, {},
              "The provider cannot be reached, and every allowed attempt was made. Try again later, or use "
              "another model."},
    error_row{provider_timeout, "provider_timeout", 504, server, never, false, {},
              "The provider did not answer in time. It may have done the work: send the request again only if "
              "it may run twice."},
    error_row{provider_rate_limited, "provider_rate_limited", 429, rate, wait, false, {},
              "The provider limits the rate of requests. Send this one again after the time in `Retry-After`."},
    error_row{provider_configuration_error, "provider_configuration_error", 502, server, never, false, {},
              "The provider refused the credentials of this gateway. Your key is fine; tell your administrator."},
    error_row{provider_error, "provider_error", 502, server, never, false, {},
              "The provider failed on this request. Try again later, or use another model."},
    error_row{stream_truncated, "stream_truncated", 502, server, never, false, {},
              "The provider ended the answer before it was complete. What arrived was charged; send the request "
              "again to get a whole answer."},
};
// clang-format on

// Every code has its row, in order: a code added to errc without a row does not compile.
consteval bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].code) != i || table[i].message.empty()) return false;
    return true;
}
static_assert(in_order());
static_assert(table.size() == static_cast<std::size_t>(stream_truncated) + 1, "stream_truncated is the last errc");

}

const error_row& row_of(errc code) {
    const auto index = static_cast<std::size_t>(code);
    TG_ASSERT(index < table.size());
    return table[index];
}

}
