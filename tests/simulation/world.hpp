#pragma once

// A run: two processes on one store, a driver that starts requests and breaks things, and the promises checked on the
// way. Everything follows from the seed.

#include "checks.hpp"
#include "process.hpp"

#include <array>
#include <iosfwd>

namespace tollgate::simulation {

struct options {
    std::uint64_t seed = 1;
    int steps = 40;
    planted bug = planted::nothing;
    std::ostream* trace = nullptr;
};

// What a run did, to see that runs do something.
struct tally {
    std::uint64_t requests = 0, admitted = 0, refused = 0, kills = 0, commits = 0, faults = 0, late = 0, overages = 0,
                  expired = 0, replayed = 0;
    tally& operator+=(const tally& other);
};

class world final : public store_director {
public:
    explicit world(const options& how);
    ~world() override;

    // Nothing: every promise was kept.
    std::optional<std::string> run();
    tally counted() const;

private:
    // ---- store_director ----
    std::optional<store_error> at(store_moment moment, owner_id life) override;
    void on_commit(const ledger::changes& write) override;
    void on_refused(const store_error& why) override;
    bool misbehaves(planted bug) override;

    // ---- time ----
    void advance(std::int64_t us);
    void settle_io();
    void pause_inside(store_moment moment);

    // ---- processes ----
    struct place {
        std::string node;
        disk outbox;
        std::unique_ptr<process> now; // null: down
    };
    void boot(place& where);
    void kill(place& where);
    void bury(place& where);
    void stop_orderly(place& where);
    void reap();
    place* place_of(owner_id life);
    place* random_running();

    // ---- what the driver does ----
    void act();
    void start_request();
    void top_up();
    void break_store();
    void break_disk();
    void move_clock();
    void drain();
    void open_accounts();
    void log(const std::string& what);

    options how_;
    random_source random_;
    timeline time_;
    std::int64_t store_ahead_us_ = 0; // its clock is another one
    test::memory_database store_;
    std::shared_ptr<const app::configuration> config_;
    app::live_configuration live_;
    blocking_pool pool_{1, 1};
    app::account_reader accounts_{pool_, {}};
    std::vector<std::unique_ptr<request>> requests_;
    checks checks_;
    std::array<place, 2> places_;
    owner_id lives_ = the_world;
    int depth_ = 0;            // of events inside the store's
    bool transaction_ = false; // open while others run
    bool healed_ = false;
    std::int64_t store_down_until_us_ = 0;
    int fault_permille_ = 0, pause_permille_ = 0, kill_permille_ = 0;
    int movements_ = 0;
    int refusals_ = 0; // of the store, one after the other
    tally tally_;
};

}
