#pragma once

// The course of a simulation: recorded requests are decided and ended in the order of their times.

#include "simulated_books.hpp"

#include <tollgate/app/decision_record.hpp>
#include <tollgate/app/simulation.hpp>

#include <variant>

namespace tollgate::app {

// What is kept of a row until its request has ended.
struct recorded_request {
    decision_record record;
    request_id id;
    std::string feature, model_served, code;
    std::string decision; // of the row
    usage used;
    usd_nano estimated, charged, provider_cost;
    std::optional<usd_nano> charged_now; // under the simulated policy, by the model that served
    std::int64_t tokens = 0;
    std::optional<ledger::ending> ended; // nothing: it held nothing
    instant at, decided_at, ended_at;
    std::uint32_t pause_ms = 0; // while it waits for held money to come back
    bool judged = false;        // else it is taken as it was
};

// What requests usually cost of their estimates, and how long they run: for those that did not run then.
class usual_request {
public:
    void note(const recorded_request& ran);
    usd_nano cost(usd_nano estimate) const;
    std::int64_t tokens(std::int64_t bound) const;
    std::int64_t duration_us() const;

private:
    __int128 charged_ = 0, estimated_ = 0, tokens_ = 0, bound_ = 0, duration_us_ = 0;
    std::int64_t count_ = 0;
};

class simulation::run {
public:
    using listener = std::function<void(request_id, const policy::decided&)>;
    run(simulation_setup how, const listener& on_decided);

    void credit(instant at, usd_nano amount) { schedule(at, amount); }
    void take(const ledger::usage_row& row);
    void finish();
    const tallies& result() const { return result_; }

private:
    using request_ptr = std::unique_ptr<recorded_request>;
    using event = std::variant<request_ptr, ledger::op, usd_nano>; // decide, end, money in
    struct charge {
        usd_nano amount, provider_cost;
        std::int64_t tokens = 0;
        bool assumed = false, released = false;
    };

    void schedule(instant at, event what);
    void advance(instant to);
    void step();
    void decide(request_ptr r, instant now);
    bool wait(request_ptr& r, instant now);
    void carry(const recorded_request& r, instant now);
    charge charge_of(const recorded_request& r, const policy::facts& about) const;
    void end_later(const recorded_request& r, const ledger::reservation& hold, const charge& what, instant now);
    void conclude(const recorded_request& r, const policy::decided& what, const charge& cost);

    simulation_setup how_;
    const listener& on_decided_;
    simulated_books books_;
    usual_request usual_;
    tallies result_;
    std::map<std::pair<std::int64_t, std::uint64_t>, event> queue_; // by time, then as they came
    std::uint64_t scheduled_ = 0;
};

}
