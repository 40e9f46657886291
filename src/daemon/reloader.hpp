#pragma once

// Configuration while the process runs: files, read again on SIGHUP and on change, and policies published at run time,
// followed in the store. All or nothing: what is invalid keeps the old running and says so in the log, in /readyz and
// in a metric.

#include "published.hpp"

#include "seeding.hpp"

#include <tollgate/app/services.hpp>
#include <tollgate/config/load.hpp>
#include <tollgate/daemon/stores.hpp>
#include <tollgate/http/tls.hpp>
#include <tollgate/observability/logger.hpp>
#include <tollgate/store/key_store.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace tollgate {

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

    void start(); // puts the first configuration in force; throws store_unreachable or std::runtime_error

    void poll();                        // takes up what changed
    void look_at_all() { all_ = true; } // with the next poll, also at what the kernel gave no hint of; any thread
    // A policy's text, judged with the configuration in force. Any thread.
    std::expected<config::read_policy_result, std::vector<config::problem>> parse_policy(const std::string& text) const;

    // Empty: the files as they are run. Else why they do not.
    std::string complaint() const;
    std::uint64_t failures() const { return failures_.load(); }
    std::uint64_t successes() const { return successes_.load(); }

private:
    void poll_files();
    void reload();
    void poll_published();
    std::expected<void, adopt_failure> put_in_force(std::shared_ptr<const config::loaded> files);
    void reload_certificate();
    void keep_old(std::string& complaint, std::string why);
    void settle(std::string& complaint); // nothing to complain of
    void free_retired();

    parts use_;
    std::shared_ptr<const config::loaded> running_; // replaced under mutex_, on the reloader's thread
    published_policies published_;
    config::folder_hints hints_;
    config::watch_list watched_;
    config::fingerprints seen_;
    std::atomic<bool> all_{false};
    bool files_again_ = false, published_again_ = false; // the store did not take them: with the next poll
    std::uint32_t until_full_look_ = 0;                  // polls
    // A request may be the last to hold an old configuration, and freeing ten thousand policies takes milliseconds:
    // they are kept here until nobody else has them.
    std::vector<std::shared_ptr<const app::configuration>> retired_;
    mutable std::mutex mutex_;
    std::string files_complaint_, published_complaint_; // under mutex_
    std::atomic<std::uint64_t> failures_{0}, successes_{0};
};

}
