#pragma once

// The promises of the ledger, checked after every commit and at the end of a run.

#include "setup.hpp"

#include <support/memory_store.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tollgate::simulation {

class checks {
public:
    using request_list = std::vector<std::unique_ptr<request>>;
    checks(const test::memory_database& store, const app::configuration& config, const request_list& requests);

    void on_commit(const ledger::changes& write); // it is in the store
    void on_dispatch(const request& of);
    // Everything has ended, every outbox has been replayed, everything has expired.
    void at_end();

    void fail(const std::string& what); // the first one counts
    const std::optional<std::string>& violation() const { return violation_; }

private:
    request* owner_of(const ledger::reservation& hold) const;
    void note_opened(const ledger::changes& write);
    void note_endings(const ledger::changes& write);
    void allow(const ledger::usage_row& row, usd_nano before, std::int64_t tokens_before);
    void check_limits(const ledger::changes& write);
    void check_balances(const ledger::changes& write);
    void check_admitted(const request& of);
    void check_refused(const request& of);
    void check_charge(const request& of, const ledger::usage_row& row);

    struct excess {
        usd_nano money;
        std::int64_t tokens = 0;
    };
    struct ending {
        int times = 0;
        usd_nano provisional;
        std::int64_t provisional_tokens = 0;
        bool corrected = false;
    };
    const test::memory_database& store_;
    const app::configuration& config_;
    const request_list& requests_;
    std::map<tenant_id, std::vector<limit_check>> limits_;
    std::map<request_id, ledger::reservation> opened_;
    std::map<request_id, ending> ended_;
    std::map<ledger::counter_key, excess> over_; // what providers billed beyond holds
    std::map<tenant_id, usd_nano> over_balance_;
    std::set<std::pair<request_id, int>> legs_;
    std::optional<std::string> violation_;
};

}
