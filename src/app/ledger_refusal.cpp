// Why the ledger said no, in words and numbers that tell the reader what to do.
#include "call.hpp"

#include <tollgate/core/assert.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::uint32_t capacity_retry_ms = 1000;

std::string period_of(const limit_check& check, std::int64_t start_s, const policy::tenant_policy& policy) {
    if (check.span == window::total) return "total";
    const std::string local = to_rfc3339(instant::from_seconds(start_s + policy.zone->offset_at(start_s)));
    if (check.span == window::month) return local.substr(0, 7);
    if (check.span == window::day || check.span == window::week) return local.substr(0, 10);
    return to_rfc3339(instant::from_seconds(start_s));
}

std::string until(const refusal& out) {
    return out.resets_at ? " It resets at " + to_rfc3339(*out.resets_at) + ", or an administrator raises the limit."
                         : " An administrator can raise the limit.";
}

constexpr std::string_view smaller_fits = " A lower max_completion_tokens may fit what is left.";

// Until the window ends; the answer says so only when that is soon.
std::uint32_t wait_ms(const call& c, std::int64_t end_s) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(end_s * 1000 - c.arrived.ms(), 1, UINT32_MAX));
}

void tell_cost(const call& c, const policy::applied_limit& limit, const ledger::reading& at, refusal& out) {
    out.limit_usd = usd_nano(limit.check.maximum);
    out.spent_usd = at.at.spent;
    out.reserved_usd = at.at.held;
    out.required_usd = c.offer.estimate;
    const std::string name = out.limit_name + " of " + to_usd(*out.limit_usd) + " USD";
    const std::string sums = " (spent " + to_usd(at.at.spent) + ", held by running requests " + to_usd(at.at.held) +
                             ", this request needs up to " + to_usd(c.offer.estimate) + ").";
    if (out.code == errc::request_rate_exceeded && at.end_s) out.retry_after_ms = wait_ms(c, *at.end_s);
    const std::string whose = out.scope_kind + " " + out.scope_id;
    if (out.code == errc::reservation_capacity_exceeded) {
        out.retry_after_ms = capacity_retry_ms;
        out.message = "What is left of " + name + " for " + whose + " is held by running requests" + sums +
                      " Retry when they have ended.";
        return;
    }
    out.message = "The " + name + " for " + whose + " does not cover this request in " + out.period + sums + until(out);
    const usd_nano left = *out.limit_usd - at.at.spent - at.at.held;
    if (c.offer.cap > 0 && c.offer.input_estimate < left) out.message += smaller_fits;
}

void tell_count(const call& c, const policy::applied_limit& limit, const ledger::reading& at, refusal& out) {
    const limit_check& check = limit.check;
    out.limit_count = check.maximum;
    const std::string unit = check.what == measure::tokens     ? "tokens"
                             : check.what == measure::requests ? "requests"
                                                               : "requests at once";
    const std::int64_t used = check.what == measure::tokens     ? at.at.tokens + at.at.tokens_held
                              : check.what == measure::requests ? at.at.requests
                                                                : at.at.in_flight;
    const std::int64_t wanted = check.what == measure::tokens ? c.offer.tokens : 1;
    out.used_count = used;
    out.required_count = wanted;
    if (check.what == measure::concurrency)
        out.retry_after_ms = capacity_retry_ms;
    else if (at.end_s)
        out.retry_after_ms = wait_ms(c, *at.end_s);
    // Waiting does not make a request smaller than its limit.
    if (wanted > check.maximum) out.retry_after_ms.reset();
    out.message = "The limit " + out.limit_name + " of " + std::to_string(check.maximum) + " " + unit +
                  (check.what == measure::concurrency ? "" : " per " + std::string(name_of(check.span))) + " for " +
                  out.scope_kind + " " + out.scope_id + " is reached (" + std::to_string(used) +
                  " used, this request needs " + std::to_string(wanted) + ").";
    const std::int64_t left = check.maximum - used;
    if (check.what == measure::tokens && c.offer.cap > 0 && wanted - c.offer.bound.output_tokens < left)
        out.message += smaller_fits;
}

refusal limit_refusal(const call& c, std::size_t index) {
    const policy::applied_limit& limit = c.course->limits()[index];
    const ledger::reading& at = c.held.readings[index];
    policy::limit_scope scope = policy::scope_of(limit, c.course->about());
    refusal out;
    out.code = c.course->code();
    out.limit_name = limit.name;
    out.scope_kind = std::move(scope.kind);
    out.scope_id = std::move(scope.id);
    out.over_limit_action = policy::name_of(*limit.actions);
    out.period = period_of(limit.check, at.start_s, *c.policy);
    if (at.end_s) out.resets_at = instant::from_seconds(*at.end_s);
    if (limit.check.what == measure::cost)
        tell_cost(c, limit, at, out);
    else
        tell_count(c, limit, at, out);
    return out;
}

refusal prepaid_refusal(const call& c) {
    TG_ASSERT(c.held.prepaid);
    const bool held = c.course->may_come_back();
    const ledger::balance& at = *c.held.prepaid;
    refusal out;
    out.code = c.course->code();
    out.limit_name = "prepaid_balance";
    out.scope_kind = "tenant";
    out.scope_id = c.facts.who.tenant;
    out.limit_usd = at.credited + c.policy->credit_limit;
    out.spent_usd = at.spent;
    out.reserved_usd = at.held;
    out.required_usd = c.offer.estimate;
    const std::string sums = "Prepaid balance " + to_usd(at.credited - at.spent) + " USD, held by running requests " +
                             to_usd(at.held) + ", this request needs up to " + to_usd(c.offer.estimate) + ".";
    out.message =
        sums + (held ? " Retry when they have ended." : " Top up the balance, or lower max_completion_tokens.");
    if (held) out.retry_after_ms = capacity_retry_ms;
    return out;
}

// Cheaper models that were looked at in vain, and why.
void tell_downgrades(const call& c, refusal& out) {
    std::string tried;
    for (const policy::step_taken& step : c.course->steps()) {
        if (step.what != policy::action::downgrade || step.said == "served") continue;
        tried += (tried.empty() ? "" : ", ") + (step.model.empty() ? step.said : step.model + ": " + step.said);
    }
    if (!tried.empty()) out.extra.emplace_back("downgrade_tried", std::move(tried));
}

}

refusal refusal_of(const call& c) {
    TG_ASSERT(!c.held.admitted);
    const auto limit = c.course->stopped_by();
    refusal out = limit ? limit_refusal(c, *limit) : prepaid_refusal(c);
    tell_downgrades(c, out);
    out.policy_version = c.policy->version;
    out.openai_profile = c.policy->refusals == policy::refusal_profile::openai;
    return out;
}

}
