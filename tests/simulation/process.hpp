#pragma once

// One life of one gateway process: the real application and ledger over simulated surroundings. A killed life runs on
// with every port inert, so that its flows unwind, and nothing of that reaches the world.

#include "client.hpp"
#include "disk.hpp"
#include "provider.hpp"
#include "sim_store.hpp"

#include <support/fake_confirmations.hpp>

#include <tollgate/app/complete.hpp>
#include <tollgate/app/ledger_client.hpp>
#include <tollgate/app/reservation_sweeper.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tollgate::simulation {

// What all processes share.
struct surroundings {
    timeline& time;
    store_director& director;
    std::function<std::unique_ptr<store::ledger_store>()> open_store;
    std::function<bool()> store_is_busy; // a transaction is open inside an event
    std::function<request*(std::string_view number)> find;
    std::function<void(request&)> on_dispatch;
    std::function<void(const std::string&)> on_bug;
    const app::live_configuration& config;
    app::account_reader& accounts;
};

class sim_clock final : public ports::clock {
public:
    sim_clock(timeline& time, owner_id life) : time_(time), life_(life) {}
    instant now() const override { return time_.now(); }
    std::int64_t steady_us() const override;
    task<> sleep(std::uint32_t ms) override;
    bool over = false;         // the life: then nothing waits
    std::int64_t after_us = 0; // and every patience ends

private:
    timeline& time_;
    owner_id life_;
};

struct sim_rng final : ports::rng {
    explicit sim_rng(random_source from_) : from(from_) {}
    std::uint64_t next() override { return from.next(); }
    random_source from;
};

// The key of a tenant is its name.
struct sim_keys final : ports::key_directory {
    task<result<std::shared_ptr<const ports::caller>>> find(std::string_view secret) override;
    std::string tenant_status(std::string_view) const override { return {}; }
};

struct no_log final : ports::request_log {
    void write(std::string_view) override {}
};

// Counts who waits for the ledger, so that ticks come while somebody does.
class watched_ledger final : public ports::ledger_port {
public:
    watched_ledger(ports::ledger_port& real, store_director& director, std::function<void()> on_wait)
        : real_(real), director_(director), on_wait_(std::move(on_wait)) {}
    task<result<ledger::reserve_outcome>> reserve(ledger::reserve_op&& op) override;
    task<settled> settle(ledger::settle_op&& op) override;
    task<settled> release(ledger::release_op&& op) override;
    void note(ledger::note_op op) override { real_.note(std::move(op)); }
    task<result<ledger::move_outcome>> move(ledger::move_op op) override;
    bool healthy() const override { return real_.healthy(); }
    int waiting = 0;

private:
    void enter();

    ports::ledger_port& real_;
    store_director& director_;
    std::function<void()> on_wait_;
};

class process {
public:
    process(const surroundings& with, disk& outbox, std::string node, owner_id life, random_source random);

    void start(request& of);
    void top_up(ledger::move_op op, std::function<void(bool done)> then);
    bool recover(); // as the daemon does before it serves; false: the store is away
    void sweep();
    void poll();       // until nothing is runnable
    bool busy() const; // inside the store
    void doom() { doomed_ = true; }
    bool doomed() const { return doomed_; }
    void kill();
    bool stop(); // an orderly end, when no flow runs any more; false: not everything could be written

    bool alive() const { return !clock_.over; }
    int flows() const { return flows_; }
    std::size_t outbox_size() const { return outbox_.size(); }
    void repeat_record(random_source& random);
    owner_id life() const { return life_; }

private:
    task<> flow(request& of, client& x);
    void run(task<> work);
    void plan_writer(std::int64_t us);
    void writer_turn();
    void plan_tick();

    surroundings with_;
    owner_id life_;
    random_source random_;
    net::io_context io_{1};
    net::executor_work_guard<executor> work_{io_.get_executor()};
    sim_clock clock_;
    sim_rng rng_;
    sim_keys keys_;
    no_log log_;
    ports::metrics metrics_;
    sim_journal outbox_;
    sim_store writer_store_, sweeper_store_;
    app::ledger_writer writer_;
    app::ledger_client ledger_;
    watched_ledger watched_;
    app::reservation_sweeper sweeper_;
    provider provider_;
    test::fake_confirmations confirmations_;
    test::fake_digester digests_;
    app::retry_watch retries_{hash_key{1, 2}};
    app::services use_;
    std::vector<std::unique_ptr<client>> clients_;
    int flows_ = 0, in_store_ = 0;
    bool writer_planned_ = false, tick_planned_ = false, doomed_ = false;
};

}
