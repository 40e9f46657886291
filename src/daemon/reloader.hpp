#pragma once

// Configuration while the process runs: read again on SIGHUP and on change, all or nothing. An invalid one keeps the
// old running and says so in the log, in /readyz and in a metric.

#include "seeding.hpp"

#include <tollgate/app/services.hpp>
#include <tollgate/config/load.hpp>
#include <tollgate/http/tls.hpp>
#include <tollgate/observability/logger.hpp>
#include <tollgate/store/key_store.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <atomic>
#include <mutex>
#include <string>

namespace tollgate {

std::shared_ptr<const app::configuration> configuration_of(const config::loaded& from);

class reloader {
public:
    struct parts {
        std::string path;
        app::live_configuration& live;
        store::key_store& keys; // used on the reloader's thread alone
        store::ledger_store& ledger;
        http::tls_reloader* tls; // null: plain TCP
        counter_seeder& seeder;
        observability::logger& log;
    };
    reloader(parts use, config::loaded running);

    void poll();   // takes up what changed
    void reload(); // whether it changed or not
    // Empty: the files as they are run. Else why they do not.
    std::string complaint() const;
    std::uint64_t failures() const { return failures_.load(); }
    std::uint64_t successes() const { return successes_.load(); }

private:
    void reload_certificate();
    void keep_old(std::string why);

    parts use_;
    config::loaded running_;
    config::watch_list watched_;
    config::fingerprints seen_;
    mutable std::mutex mutex_;
    std::string complaint_; // under mutex_
    std::atomic<std::uint64_t> failures_{0}, successes_{0};
};

}
