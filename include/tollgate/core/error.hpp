#pragma once

// Expected failures are values. One list of codes; openai/error_body maps each to a status and a body.

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace tollgate {

enum class errc : std::uint8_t {
    // who
    invalid_api_key,
    api_key_revoked,
    api_key_expired,
    tenant_suspended,
    // what may run
    model_not_found,
    model_tier_not_allowed,
    model_not_priced,
    price_increase_not_approved,
    feature_blocked,
    feature_paused,
    hosted_tool_not_allowed,
    // money
    prepaid_balance_required,
    tenant_budget_exceeded,
    workspace_budget_exceeded,
    key_budget_exceeded,
    feature_budget_exceeded,
    agent_budget_exceeded,
    end_user_budget_exceeded,
    request_cost_limit_exceeded,
    reservation_capacity_exceeded,
    // pace
    request_rate_exceeded,
    token_rate_exceeded,
    concurrency_exceeded,
    retry_storm_blocked,
    // dialogue
    confirmation_required,
    idempotency_in_progress,
    idempotency_key_reused,
    idempotency_key_required,
    idempotency_answer_not_kept,
    // the request itself
    invalid_request,
    body_too_large,
    head_too_large,
    method_not_allowed,
    path_not_found,
    unsupported_media_type,
    request_timeout,
    upgrade_not_supported,
    // the gateway
    ledger_unavailable,
    overloaded,
    shutting_down,
    internal_error,
    // the provider
    provider_unavailable,
    provider_timeout,
    provider_rate_limited,
    provider_configuration_error,
    provider_error,
    stream_truncated,
};

struct error {
    errc code = errc::internal_error;
    std::string detail; // for a person; never a key, a prompt or a completion
};

template <class T>
using result = std::expected<T, error>;

inline std::unexpected<error> fail(errc code, std::string detail) {
    return std::unexpected(error{code, std::move(detail)});
}

// Failures of the store. Nothing else crosses that boundary.
enum class store_fault : std::uint8_t {
    unavailable, // not reachable, or the answer was lost: the outcome is unknown, send again
    conflict,    // deadlock or serialization: nothing happened, send again
    corrupt,     // a row that cannot be: a bug or a damaged database
};

struct store_error {
    store_fault fault = store_fault::unavailable;
    std::string detail;
};

template <class T>
using store_result = std::expected<T, store_error>;

}
