#pragma once

// Seeds of counters that a policy wants and nobody kept so far (ledger/seed.hpp): the requests of the windows that are
// running, summed under the new policy. Pure.

#include <tollgate/core/limits.hpp>
#include <tollgate/ledger/seed.hpp>
#include <tollgate/policy/policy.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::app {

// The counters that a policy keeps, as one line each: dimensions, span and zone, such as
// "feature=support;agent/month/Europe/Berlin". Minutes and concurrency are left out: they are not worth seeding.
using families = std::set<std::string>;
families families_of(const policy::tenant_policy& policy);
std::string to_text(const families& all); // for the store
families parse_families(std::string_view text);

// An open hold as the row it would end as if it cost all that it holds.
ledger::usage_row row_of_open(const ledger::reservation& hold);

class seed_sum {
public:
    // Sums for the families in `missing` alone. `part`: of all counters only those whose turn it is, so that a tenant
    // with more of them than memory should hold is summed in turns.
    struct turn {
        std::size_t part = 0, parts = 1;
    };
    seed_sum(const policy::tenant_policy& policy, const families& missing, instant now, turn whose = {0, 1});

    bool empty() const { return !tenant_day_ && !tenant_month_ && policy_.limits.empty(); } // nothing to sum
    instant from() const;                                                                   // rows from here on count

    // Adds what the row would have added to counters that it did not touch. In any order, each request once.
    void add(const ledger::usage_row& row);
    bool overflowed() const { return sums_.size() > limits::seeds_at_once_max; } // take more turns
    std::vector<ledger::seed> take();

private:
    struct running {
        std::int64_t start_s = 0;
        std::optional<std::int64_t> end_s;
    };
    bool falls_in(const running& when, window span, const ledger::usage_row& row) const;
    void add_to(const std::string& scope, window span, const ledger::usage_row& row);

    policy::tenant_policy policy_; // what is missing of it
    instant now_;
    turn turn_;
    bool tenant_day_ = false, tenant_month_ = false;
    bool wants_record_ = false;    // a limit reads what is no column
    std::vector<running> windows_; // by span
    std::unordered_map<std::string, ledger::seed> sums_;
};

}
