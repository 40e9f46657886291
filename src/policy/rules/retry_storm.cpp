#include "rules.hpp"

#include <algorithm>

namespace tollgate::policy::rules {

namespace {

// The block that this request meets, or begins; nothing when it may pass. Under another policy than the one that
// counted, a storm is what that policy calls one.
std::optional<instant> blocked_until(const facts& about, const retry_guard& guard) {
    const retry_facts& seen = about.retries;
    const bool running = seen.blocked_until && !seen.begins;
    if (running) return about.at < *seen.blocked_until ? seen.blocked_until : std::nullopt;
    if (storm_of(seen, guard) == storm_signal::none) return std::nullopt;
    return seen.blocked_until.value_or(instant{about.at.us + std::int64_t{guard.block_ms} * 1000});
}

std::string words_of(const retry_facts& seen, storm_signal signal, const retry_guard& guard, const std::string& until) {
    const std::string within = " within " + std::to_string(guard.within_ms / 1000) + " s";
    switch (signal) {
    case storm_signal::none:
    case storm_signal::same_request:
        return "The same request came " + std::to_string(seen.same_request) + " times" + within + ", and " +
               std::to_string(guard.same_request) + " are allowed. It is blocked until " + until +
               "; other requests of this key are not. Find out what makes it repeat, and let pauses grow.";
    case storm_signal::refusals:
        return std::to_string(seen.refusals) + " requests of this key were refused" + within +
               ", and it goes on sending. The key is blocked until " + until +
               ". Stop at the first refusal that is not worth a retry: `error.gateway.retryable` tells.";
    case storm_signal::sdk_retries:
        return std::to_string(seen.retried) + " of the last " + std::to_string(seen.requests) +
               " requests of this key were automatic retries. The key is blocked until " + until +
               ". Lower the client's number of retries, and find out what makes its requests fail.";
    }
    return {};
}

}

objection retry_storm(const facts& about, const tenant_policy& policy) {
    if (!policy.retries) return std::nullopt;
    const auto until = blocked_until(about, *policy.retries);
    if (!until) return std::nullopt;
    const retry_facts& seen = about.retries;
    const storm_signal signal = seen.signal == storm_signal::none ? storm_of(seen, *policy.retries) : seen.signal;
    refusal out;
    out.code = errc::retry_storm_blocked;
    out.message = words_of(seen, signal, *policy.retries, to_rfc3339(*until));
    out.scope_kind = "key";
    out.scope_id = about.who.key;
    out.limit_name = "retry_guard";
    switch (signal) {
    case storm_signal::none:
    case storm_signal::same_request:
        out.used_count = seen.same_request;
        out.limit_count = policy.retries->same_request;
        break;
    case storm_signal::refusals:
        out.used_count = seen.refusals;
        out.limit_count = policy.retries->refusals;
        break;
    case storm_signal::sdk_retries: out.used_count = seen.retried; break;
    }
    out.retry_after_ms =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>((until->us - about.at.us + 999) / 1000, 1, UINT32_MAX));
    out.extra = {{"signal", std::string(name_of(signal))}, {"resumes_at", to_rfc3339(*until)}};
    return out;
}

}
