#pragma once

// Recorded traffic of one tenant under another policy, with running balances: what the ledger and the policy's course
// would have said, request after request. Pure: rows come in, figures come out.
//
// A request is judged at the moment its recorded decision was, by its recorded facts and bound. It is settled when it
// was, at what it was charged: by the catalogue's price for its recorded tokens when another model serves. What was
// refused then and runs now is charged the usual part of its estimate, and said to be assumed.

#include <tollgate/app/tallies.hpp>
#include <tollgate/core/catalog.hpp>
#include <tollgate/ledger/apply.hpp>
#include <tollgate/policy/decided.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace tollgate::app {

struct simulation_setup {
    tenant_id tenant; // whose traffic
    const policy::tenant_policy& policy;
    const catalog& models;
    instant from; // rows before it only fill the counters
    // Of the prepaid balance at `from`, for a policy that needs one.
    usd_nano credited = {}, spent = {};
    // Of the policy that a recorded version names; nothing: as the simulated one's.
    std::function<std::optional<std::int32_t>(const std::string& version)> charge_permille = {};
};

// The first row that a simulation from `from` needs: its longest window began then.
instant rows_needed_from(const policy::tenant_policy& policy, instant from);

class simulation {
public:
    explicit simulation(simulation_setup how);
    ~simulation();
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    // Money in (or out, when negative) of the prepaid balance at a time to come; before any row.
    void credit(instant at, usd_nano amount);
    // Of the tenant, ascending by request id.
    void take(const ledger::usage_row& row);
    // What is still to be decided or settled.
    void finish();

    const tallies& result() const;
    // Told of each decision as it is made.
    std::function<void(request_id id, const policy::decided& what)> on_decided;

private:
    class run;
    std::unique_ptr<run> run_;
};

}
