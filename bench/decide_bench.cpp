// What deciding costs: the rules, the limits of a tenant that has many, and the course through an answer of the ledger
// in which all of them fit; and the same with a downgrade. No I/O. Prints nanoseconds of CPU a decision.
//
//   decide_bench [--limits N] [--decisions N]

#include <tollgate/policy/decided.hpp>

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using namespace tollgate;
using namespace tollgate::policy;

tenant_policy policy_with(std::size_t limits) {
    static constexpr dimension dimensions[] = {dimension::key, dimension::feature, dimension::agent,
                                               dimension::end_user, dimension::workspace};
    tenant_policy p;
    p.tenant = "tenant-1";
    p.version = "v1";
    p.monthly_budget = usd_nano(500 * usd_nano::per_usd);
    p.hard_stop = usd_nano(600 * usd_nano::per_usd);
    p.daily_soft_limit = usd_nano(35 * usd_nano::per_usd);
    p.allowed_tiers = {"standard", "economy"};
    p.blocked_features = {"bulk_enrichment"};
    p.over_limit = *parse_action("downgrade_then_fail_closed");
    p.downgrade_accepted = true;
    for (std::size_t i = 0; p.limits.size() + 3 < limits; ++i) {
        limit l;
        l.name = "limit-" + std::to_string(i);
        l.per = {dimensions[i % 5]};
        if (i % 3 == 0) l.per.push_back(dimensions[(i + 1) % 5]);
        if (i % 4 == 0) l.match = {{dimension::feature, "support"}};
        l.what = static_cast<measure>(i % 3);
        l.maximum = std::int64_t{1} << 40;
        l.span = i % 2 == 0 ? window::day : window::month;
        p.limits.push_back(l);
    }
    return p;
}

facts request() {
    facts f;
    f.who = {"tenant-1",  "workspace-1", "key_1",    "support", "agent-1", "user-1",
             "session-1", "gpt-5-mini",  "standard", "openai",  "prod",    "interactive", {}};
    f.tier_rank = 1;
    f.model_known = f.model_priced = true;
    f.tokens = 1'000;
    f.estimate = usd_nano(10'000'000);
    return f;
}

struct nothing_else final : outlook {
    std::vector<candidate> downgrades() override {
        candidate c;
        c.model = "gpt-5-nano";
        c.tier = "economy";
        c.rank = 2;
        c.known = c.priced = true;
        c.tokens = 1'000;
        c.estimate = usd_nano(1'000'000);
        return {c};
    }
    confirmation confirmed(const facts&) override { return confirmation::none; }
};

double cpu_ns() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto ns = [](timeval t) {
        return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_usec) * 1e3;
    };
    return ns(use.ru_utime) + ns(use.ru_stime);
}

// One decision; true: it came to an end as it should.
bool decide_once(const facts& about, const tenant_policy& policy, outlook& more, std::int64_t spent) {
    const ruling rules = decide(about, &policy);
    if (rules.objection) return false;
    course way(about, policy, more);
    next last = next::hold;
    for (int round = 0; last == next::hold && round < 3; ++round) {
        ledger_reading answer;
        answer.limits.assign(way.limits().size(), limit_reading{0, 0});
        answer.limits[1].used = spent;
        last = way.take(answer);
    }
    return last == next::serve;
}

void measure_case(const char* name, std::size_t limits, std::size_t decisions, std::int64_t spent) {
    const tenant_policy policy = policy_with(limits);
    const facts about = request();
    nothing_else more;
    const double before = cpu_ns();
    for (std::size_t i = 0; i < decisions; ++i)
        if (!decide_once(about, policy, more, spent)) std::abort();
    std::printf("%-30s %3zu limits  %7.0f ns a decision\n", name, limits,
                (cpu_ns() - before) / static_cast<double>(decisions));
}

}

int main(int count, char** words) {
    std::size_t limits = 20, decisions = 200'000;
    for (int i = 1; i + 1 < count; i += 2) {
        if (std::strcmp(words[i], "--limits") == 0) limits = std::strtoul(words[i + 1], nullptr, 10);
        if (std::strcmp(words[i], "--decisions") == 0) decisions = std::strtoul(words[i + 1], nullptr, 10);
    }
    measure_case("all fits", limits, decisions, 0);
    measure_case("past the budget, downgraded", limits, decisions, 499 * usd_nano::per_usd + 995'000'000);
}
