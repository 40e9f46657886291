// The retry guard's part of a request: what was counted of it becomes a fact of its decision; the rule judges.
#include "call.hpp"

#include <algorithm>
#include <array>

namespace tollgate::app {

// "1" and more: the SDKs of OpenAI's kind say which attempt this is.
bool is_automatic_retry(const ports::exchange& x) {
    const auto sent = find_field(x.fields(), "x-stainless-retry-count");
    return sent && !sent->empty() && *sent != "0";
}

namespace {

// Refusals that sending the same again does not change. Not among them: what clears within a second (concurrency, money
// held by running requests), what belongs to a dialogue, and what is wrong with the request.
constexpr std::array counted{
    errc::model_not_found,
    errc::model_tier_not_allowed,
    errc::model_not_priced,
    errc::feature_blocked,
    errc::feature_paused,
    errc::hosted_tool_not_allowed,
    errc::prepaid_balance_required,
    errc::tenant_budget_exceeded,
    errc::workspace_budget_exceeded,
    errc::key_budget_exceeded,
    errc::feature_budget_exceeded,
    errc::agent_budget_exceeded,
    errc::end_user_budget_exceeded,
    errc::request_cost_limit_exceeded,
    errc::request_rate_exceeded,
    errc::token_rate_exceeded,
};

bool is_guarded(const call& c) { return c.policy && c.policy->retries; }

policy::retry_request request_of(const call& c) {
    return {c.facts.who.tenant, c.facts.who.key, c.retry_hash, is_automatic_retry(c.x)};
}

}

void watch_retries(call& c) {
    if (!is_guarded(c)) return;
    c.retry_hash = c.use.retries.hash_of(c.facts.who.key, c.x.path(), c.body);
    c.facts.retries = c.use.retries.observe(request_of(c), *c.policy->retries, c.arrived);
}

void note_refused(const call& c, errc why) {
    if (!is_guarded(c) || std::ranges::find(counted, why) == counted.end()) return;
    c.use.retries.note_refusal(c.facts.who.key, *c.policy->retries, c.arrived);
}

}
