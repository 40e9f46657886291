#pragma once

// THE list of facts in a record, once for writing and for reading. A new fact is one line here; attribution stands in
// the record's own members (record.cpp).

#include <tollgate/app/decision_record.hpp>

namespace tollgate::app {

// A Visit has: number, flag, text, texts, money, signal, time (optional), each (name, member).
template <class Visit, class Seen>
void each_retry_fact(Visit& visit, Seen& seen) {
    visit.number("retry_same_request", seen.same_request);
    visit.number("retry_refusals", seen.refusals);
    visit.number("retry_requests", seen.requests);
    visit.number("retry_automatic", seen.retried);
    visit.signal("retry_signal", seen.signal);
    visit.time("blocked_until_us", seen.blocked_until);
    visit.flag("block_begins", seen.begins);
}

template <class Visit, class Facts>
void each_fact(Visit& visit, Facts& facts) {
    visit.number("at_us", facts.at.us);
    visit.time("key_expires_us", facts.key_expires);
    visit.time("key_revoked_us", facts.key_revoked);
    visit.texts("key_models", facts.key_models);
    visit.text("tenant_status", facts.tenant_status);
    visit.text("tier", facts.who.tier);
    visit.text("provider", facts.who.provider);
    visit.number("tier_rank", facts.tier_rank);
    visit.flag("model_known", facts.model_known);
    visit.flag("model_priced", facts.model_priced);
    visit.flag("right_endpoint", facts.right_endpoint);
    visit.number("hosted_tools", facts.hosted_tools);
    visit.flag("background", facts.background);
    visit.number("tokens", facts.tokens);
    visit.money("estimate_nano", facts.estimate);
    visit.money("input_nano", facts.input_estimate);
    each_retry_fact(visit, facts.retries);
    visit.money("approved_nano", facts.approved_estimate);
    visit.number("price_input", facts.price_input);
    visit.number("price_output", facts.price_output);
    visit.number("approved_input", facts.approved_input);
    visit.number("approved_output", facts.approved_output);
}

template <class Visit, class Bound>
void each_of_bound(Visit& visit, Bound& bound) {
    visit.number("input_tokens", bound.input_tokens);
    visit.number("output_tokens", bound.output_tokens);
    visit.number("tool_calls", bound.tool_calls);
    visit.number("cap", bound.cap);
    visit.number("choices", bound.choices);
    visit.number("audio_tokens", bound.audio_input_tokens);
    visit.number("image_tokens", bound.image_input_tokens);
}

template <class Visit, class Candidate>
void each_of_candidate(Visit& visit, Candidate& one) {
    visit.text("model", one.model);
    visit.text("tier", one.tier);
    visit.text("provider", one.provider);
    visit.number("tier_rank", one.rank);
    visit.flag("known", one.known);
    visit.flag("priced", one.priced);
    visit.flag("right_endpoint", one.right_endpoint);
    visit.text("lacks", one.lacks);
    visit.number("tokens", one.tokens);
    visit.money("estimate_nano", one.estimate);
    visit.money("input_nano", one.input_estimate);
}

}
