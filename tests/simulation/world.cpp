#include "world.hpp"

#include <tollgate/core/assert.hpp>
#include <tollgate/store/run_ops.hpp>

#include <algorithm>
#include <charconv>
#include <ostream>

namespace tollgate::simulation {

namespace {

constexpr instant june_30{1'782'863'940'000'000}; // 2026-06-30T23:59:00Z: a month is about to end
constexpr std::int64_t second_us = 1'000'000;
constexpr int refusals_max = 50;

}

tally& tally::operator+=(const tally& other) {
    requests += other.requests;
    admitted += other.admitted;
    refused += other.refused;
    kills += other.kills;
    commits += other.commits;
    faults += other.faults;
    late += other.late;
    overages += other.overages;
    expired += other.expired;
    replayed += other.replayed;
    return *this;
}

world::world(const options& how)
    : how_(how), random_(how.seed),
      time_({june_30.us - (random_.chance(500) ? 0 : random_.between(0, 86'400) * second_us)}),
      store_([this] { return instant{time_.now().us + store_ahead_us_}; }), config_(make_configuration(random_)),
      checks_(store_, *config_, requests_) {
    live_.set(config_);
    fault_permille_ = random_.chance(500) ? 0 : static_cast<int>(random_.between(1, 120));
    pause_permille_ = random_.chance(300) ? 0 : static_cast<int>(random_.between(1, 100));
    kill_permille_ = random_.chance(600) ? 0 : static_cast<int>(random_.between(1, 20));
    places_[0].node = "node-a";
    places_[1].node = "node-b";
    for (place& each : places_) each.outbox.lies = how.bug == planted::lying_disk;
}

world::~world() {
    healed_ = true;
    for (place& each : places_)
        if (each.now) each.now->kill();
}

void world::log(const std::string& what) {
    if (how_.trace) *how_.trace << to_rfc3339(time_.now(), true) << "  " << what << "\n";
}

tally world::counted() const {
    tally out = tally_;
    out.requests = requests_.size();
    out.commits = store_.commits();
    for (const auto& of : requests_) {
        out.admitted += of->hold ? 1u : 0u;
        out.refused += !of->hold && of->finished ? 1u : 0u;
    }
    for (const auto& [id, row] : store_.rows().usage) {
        out.late += row.late ? 1u : 0u;
        out.overages += row.overage ? 1u : 0u;
    }
    return out;
}

std::optional<std::string> world::run() {
    open_accounts();
    for (place& each : places_) boot(each);
    for (int i = 0; i < how_.steps && !checks_.violation(); ++i) act();
    if (!checks_.violation()) drain();
    if (!checks_.violation()) checks_.at_end();
    return checks_.violation();
}

// ---- store_director ----

std::optional<store_error> world::at(store_moment moment, owner_id life) {
    place* where = place_of(life);
    const store_error away{store_fault::unavailable, "simulated"};
    if (where && where->now->doomed()) return away;
    if (healed_ || !where) return std::nullopt;
    if (time_.now().us < store_down_until_us_) return away;
    if (depth_ == 0 && random_.chance(pause_permille_)) pause_inside(moment);
    if (where->now->doomed()) return away;
    if (random_.chance(kill_permille_)) {
        log("killed inside the store: " + where->node + ", moment " + std::to_string(static_cast<int>(moment)));
        where->now->doom();
        return away;
    }
    if (time_.now().us < store_down_until_us_) return away;
    if (!random_.chance(fault_permille_)) return std::nullopt;
    tally_.faults += 1;
    log("store fault for " + where->node + ", moment " + std::to_string(static_cast<int>(moment)));
    const bool conflict = moment != store_moment::committed && random_.chance(400);
    return conflict ? store_error{store_fault::conflict, "simulated"} : away;
}

// The store takes its time, and everybody else goes on.
void world::pause_inside(store_moment moment) {
    depth_ += 1;
    transaction_ = moment == store_moment::before_commit;
    advance(random_.chance(300) ? random_.between(1, 4'000) * 1'000 : random_.between(0, 20'000));
    transaction_ = false;
    depth_ -= 1;
}

void world::on_commit(const ledger::changes& write) {
    for (const auto& row : write.usage) tally_.expired += row.ended == ledger::ending::expired ? 1u : 0u;
    refusals_ = 0;
    checks_.on_commit(write);
}

void world::on_refused(const store_error& why) {
    if (why.fault == store_fault::corrupt) checks_.fail("promise 6: the store refuses: " + why.detail);
    if (++refusals_ > refusals_max) checks_.fail("promise 5: the store refuses for ever: " + why.detail);
}

bool world::misbehaves(planted bug) {
    if (how_.bug != bug) return false;
    return bug == planted::blind_sweeper || (!healed_ && random_.chance(150));
}

// ---- time ----

void world::settle_io() {
    for (place& each : places_)
        if (each.now) each.now->poll();
    if (depth_ == 0) reap();
}

void world::advance(std::int64_t us) {
    const instant until{time_.now().us + us};
    do settle_io();
    while (!checks_.violation() && time_.run_next(until));
    time_.jump_to(until);
}

// ---- processes ----

world::place* world::place_of(owner_id life) {
    for (place& each : places_)
        if (each.now && each.now->life() == life) return &each;
    return nullptr;
}

world::place* world::random_running() {
    place& one = places_[random_.index(2)];
    if (one.now) return &one;
    place& other = &one == &places_[0] ? places_[1] : places_[0];
    return other.now ? &other : nullptr;
}

void world::boot(place& where) {
    TG_ASSERT(!where.now && depth_ == 0);
    const auto find = [this](std::string_view number) -> request* {
        std::size_t index = requests_.size();
        std::from_chars(number.data(), number.data() + number.size(), index);
        return index < requests_.size() ? requests_[index].get() : nullptr;
    };
    const auto on_dispatch = [this](request& of) {
        checks_.on_dispatch(of);
        of.dispatched = true;
    };
    const surroundings with{time_,
                            *this,
                            [this] { return store_.open_ledger(); },
                            [this] { return transaction_; },
                            find,
                            on_dispatch,
                            [this](const std::string& what) { checks_.fail(what); },
                            live_,
                            accounts_};
    const std::size_t waiting = where.outbox.records.size();
    where.now = std::make_unique<process>(with, where.outbox, where.node, ++lives_, random_.fork());
    const bool ready = where.now->recover();
    log(where.node + (ready ? " is up" : " cannot start"));
    if (ready) tally_.replayed += waiting;
    if (!ready) kill(where);
}

void world::kill(place& where) {
    log("kill " + where.node);
    tally_.kills += 1;
    for (const auto& of : requests_) {
        if (of->life != where.now->life()) continue;
        of->note_may_be_lost = true;
        of->killed = of->killed || !of->finished;
        of->may_be_lost = of->may_be_lost || where.outbox.failed_once; // store, disk and process: three at once
    }
    bury(where);
}

void world::bury(place& where) {
    where.now->kill();
    where.now.reset();
    where.outbox.kill(random_);
}

// What died inside an event is buried outside of it.
void world::reap() {
    for (place& each : places_)
        if (each.now && each.now->doomed() && !each.now->busy()) kill(each);
}

void world::stop_orderly(place& where) {
    if (where.now->flows() > 0) return;
    log("stop " + where.node);
    const bool idle = where.now->stop();
    for (const auto& of : requests_)
        if (of->life == where.now->life() && !idle) {
            of->note_may_be_lost = true;
            of->may_be_lost = of->may_be_lost || where.outbox.failed_once;
        }
    bury(where);
}

void world::open_accounts() {
    auto ledger = store_.open_ledger();
    std::vector<ledger::op> ops;
    for (const auto& [tenant, policy] : config_->policies->tenants) {
        if (!policy->prepaid_opening) continue;
        ledger::move_op op;
        op.tenant = tenant;
        op.idempotency_key = "opening";
        op.kind = ledger::movement::opening;
        op.amount = *policy->prepaid_opening;
        op.transaction = request_id(random_.next(), random_.next());
        ops.push_back(op);
    }
    TG_ASSERT(store::run_ops(*ledger, ops).has_value());
}

}
