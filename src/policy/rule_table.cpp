// THE list of rules, in order: the first that objects names the refusal, so the order is part of the contract.
#include "rules/rules.hpp"

#include <tollgate/policy/decide.hpp>

#include <array>

namespace tollgate::policy {

namespace {

constexpr bool advisory = true;

constexpr std::array table{
    rule{"key_valid", rules::key_valid}, // before anything about the tenant is told to a dead key
    rule{"tenant_active", rules::tenant_active},
    rule{"retry_storm", rules::retry_storm, advisory}, // a client in a loop is told so, not what it was told before
    rule{"feature_allowed", rules::feature_allowed, advisory}, // blocked work is refused whatever model it names
    rule{"model_known", rules::model_known},
    rule{"tier_allowed", rules::tier_allowed, advisory},
    rule{"endpoint_fits", rules::endpoint_fits},
    rule{"hosted_tools", rules::hosted_tools, advisory},
    rule{"model_priced", rules::model_priced, advisory}, // the rules below read the estimate
    rule{"price_spike", rules::price_spike, advisory},
    rule{"request_cost", rules::request_cost, advisory},
};

// How many of them look at the caller alone.
constexpr std::size_t about_caller = 2;

refusal no_policy(const facts& about) {
    refusal none;
    none.code = errc::tenant_suspended;
    none.message = "Tenant " + about.who.tenant + " has no policy. An administrator must add one before its keys work.";
    none.scope_kind = "tenant";
    none.scope_id = about.who.tenant;
    return none;
}

ruling first_objection(std::span<const rule> among, const facts& about, const tenant_policy* policy) {
    ruling out;
    if (!policy) {
        out.objection = no_policy(about);
        out.rule = "has_policy";
        return out;
    }
    for (const rule& each : among) {
        auto objection = each.judge(about, *policy);
        if (!objection) continue;
        if (each.advisory && policy->mode == mode::shadow) {
            if (!out.would_have) out.rule = each.name;
            if (!out.would_have) out.would_have = objection->code;
            continue;
        }
        objection->policy_version = policy->version;
        objection->openai_profile = policy->refusals == refusal_profile::openai;
        out.objection = std::move(objection);
        out.rule = each.name;
        out.would_have.reset();
        return out;
    }
    return out;
}

}

std::span<const rule> all_rules() { return table; }

std::span<const rule> caller_rules() { return all_rules().first(about_caller); }

ruling decide(const facts& about, const tenant_policy* policy) { return first_objection(all_rules(), about, policy); }

ruling decide_caller(const facts& about, const tenant_policy* policy) {
    return first_objection(caller_rules(), about, policy);
}

}
