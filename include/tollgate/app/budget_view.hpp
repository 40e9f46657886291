#pragma once

// What a key can run into, and where it stands. Pure but for read_budget.

#include <tollgate/ledger/apply.hpp>
#include <tollgate/policy/decide.hpp>
#include <tollgate/store/account_store.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::app {

// A limit with the window that is open now.
struct visible_limit {
    limit_check check;
    std::string name, action;
    policy::limit_scope scope;
    ledger::counter_key counter;
    std::optional<std::int64_t> end_s; // nothing: it never resets
};

// The tenant's own limits, and those of `policy.limits` that a request with this key could meet: what its match asks
// for is pinned by the key, named in `about`, or open. Those `per` something that is open are left out: whose counter?
std::vector<visible_limit> visible_limits(const policy::tenant_policy& policy, const policy::facts& about, instant now);

enum class limit_state : std::uint8_t { ok, soft_limit, over_budget };
std::string_view name_of(limit_state state);
limit_state state_of(const visible_limit& limit, const ledger::counter& at);

// Spend at the window's end when it goes on as it went: spent x length / elapsed. Nothing while there is too little to
// go by: less than three days and a tenth of the window, or fewer than 50 requests.
std::optional<usd_nano> run_rate(const ledger::counter& at, std::int64_t start_s, std::int64_t end_s, instant now);

struct budget_figures {
    instant now;
    std::vector<visible_limit> limits;
    std::map<ledger::counter_key, ledger::counter> counters;
    ledger::counter_key month; // the tenant's current month, which is always counted
    std::optional<ledger::balance_row> balance;
};

// In the store's time, which is the one that admission goes by.
store_result<budget_figures> read_budget(store::account_store& store, const policy::tenant_policy& policy,
                                         const policy::facts& about);

std::string budget_json(const budget_figures& at, const policy::tenant_policy& policy, const policy::facts& about);

}
