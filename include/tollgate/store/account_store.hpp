#pragma once

// Reads for people: account views, exports, verification. Short transactions only; never on the ledger's connection.

#include <tollgate/core/error.hpp>
#include <tollgate/ledger/apply.hpp>
#include <tollgate/store/scope_rows.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::store {

struct usage_query {
    tenant_id tenant; // empty, for usage_groups: all
    instant from, to; // [from, to)
};

struct usage_group {
    std::vector<std::string> by; // values of the grouped columns, in the order asked
    std::int64_t requests = 0, refused = 0, prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0;
    usd_nano charged, provider_cost, estimated;
};

// Requests as they were decided, newest first.
struct decision_query {
    tenant_id tenant;                 // empty: all
    instant from, to;                 // [from, to)
    std::string code;                 // empty: any
    std::optional<request_id> before; // the last of the page before
    std::size_t count = 0;
};

// One discrepancy found by `tollgate ledger verify`.
struct discrepancy {
    std::string what;  // "counter", "balance", "held", "entries"
    std::string where; // key, for a person
    std::string expected, found;
};

using counter_list = std::vector<std::pair<ledger::counter_key, ledger::counter>>;

struct counter_page {
    counter_list counters;
    std::optional<scope_key> last; // to go on after; nothing when there is no more
};

// Adds of the scope `page.last` the counters that such a page is asked for.
void add_spent(counter_page& page, const std::vector<window_counter>& windows, std::int64_t since_s);

class account_store {
public:
    virtual ~account_store() = default;

    virtual store_result<counter_list> counters(const std::vector<ledger::counter_key>& keys) = 0;
    virtual store_result<std::optional<ledger::balance_row>> balance(const tenant_id& tenant) = 0; // with open grants
    virtual store_result<std::vector<ledger::entry>> entries(const tenant_id& tenant, std::size_t newest) = 0;
    // Entries from `from` on that put money into a tenant's prepaid balance or took it out, charges apart; ascending by
    // time, at most limits::balance_movements_max.
    virtual store_result<std::vector<ledger::entry>> balance_movements(const tenant_id& tenant, instant from) = 0;
    virtual store_result<std::optional<ledger::usage_row>> request(const tenant_id& tenant, request_id id) = 0;
    virtual store_result<std::optional<ledger::usage_row>> request(request_id id) = 0;
    virtual store_result<std::optional<ledger::stored_answer>> stored_answer(const tenant_id& tenant,
                                                                             request_id id) = 0;
    // A page in ascending order of id, after `after`; the caller loops. Keeps every transaction short.
    virtual store_result<std::vector<ledger::usage_row>> usage_page(const usage_query& query, request_id after,
                                                                    std::size_t count) = 0;
    virtual store_result<std::vector<ledger::usage_row>> decisions(const decision_query& query) = 0;
    // Counters with money in them of windows that began at `since_s` or later, or that never end, of at most `scopes`
    // scopes; ascending. An empty tenant: all.
    virtual store_result<counter_page> counters_after(const scope_key& after, const tenant_id& tenant,
                                                      std::int64_t since_s, std::size_t scopes) = 0;
    // Columns: tenant, model_served, model_requested, key, workspace, feature, agent, end_user, provider, day.
    virtual store_result<std::vector<usage_group>> usage_groups(const usage_query& query,
                                                                const std::vector<std::string>& by) = 0;
    // Compares counters with open reservations and usage rows, balances with entries and grants, and held with open
    // reservations, for every tenant or one. `progress(done, total)` is called now and then.
    virtual store_result<std::vector<discrepancy>>
    verify(const std::optional<tenant_id>& tenant, const std::function<void(std::size_t, std::size_t)>& progress) = 0;
    virtual store_result<instant> now() = 0; // the store's clock; doubles as a health check
};

}
