#pragma once

// The composition root: builds every adapter, wires the ports, and owns the order of start and stop.

#include "io_thread.hpp"
#include "periodic.hpp"
#include "price_watch.hpp"
#include "reloader.hpp"

#include <tollgate/admin/admin_handler.hpp>
#include <tollgate/app/health.hpp>
#include <tollgate/app/reservation_sweeper.hpp>
#include <tollgate/app/retry_share.hpp>
#include <tollgate/daemon/daemon.hpp>
#include <tollgate/daemon/state_dir.hpp>
#include <tollgate/daemon/stores.hpp>
#include <tollgate/keys/key_cache.hpp>
#include <tollgate/observability/request_log.hpp>
#include <tollgate/store/file_journal.hpp>

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace tollgate {

class gateway {
public:
    // Throws store_unreachable or std::runtime_error.
    gateway(const serve_options& options, config::loaded loaded, observability::logger& log);
    ~gateway();

    void start();            // serves when it returns
    void run_until_signal(); // SIGHUP reloads; returns on SIGTERM or SIGINT
    void stop();             // in two phases: what runs may end, then everything settles

private:
    void recover();
    void start_threads();
    void start_admin();
    void tell_ready() const;
    admin::admin_sources admin_sources();
    std::expected<std::string, admin::problem> approve_price(const admin::price_approval& asked);
    admin::admin_work admin_work();
    void write_ready_file(std::uint16_t data_port, std::uint16_t admin_port) const;
    http::server_options data_options() const;
    http::handler data_handler(std::size_t thread);
    task<> send_ready(ports::exchange& x);
    std::vector<app::health_check> readiness() const;
    std::string outbox_detail() const;
    std::string metrics_text() const;
    void sweep();
    void check_health();
    void check_store();
    void check_outbox();

    serve_options options_;
    config::settings settings_;
    observability::logger& log_;
    state_dir state_;
    stores stores_;
    store::file_journal outbox_;
    app::live_configuration live_;
    std::shared_ptr<app::provider_board> board_ = std::make_shared<app::provider_board>();
    blocking_pool pool_;
    keys::key_hasher hasher_;
    keys::confirmation_signer confirmations_;
    keys::key_cache key_cache_;
    app::account_reader accounts_;
    app::retry_watch retries_;
    app::retry_share retry_share_;
    app::ledger_writer writer_;
    upstream::tls_contexts tls_contexts_;
    observability::request_log_writer request_log_;
    std::unique_ptr<http::tls_reloader> certificate_;
    counter_seeder seeder_;
    std::unique_ptr<reloader> reloader_;
    system_rng random_;
    app::reservation_sweeper sweeper_;
    std::vector<std::unique_ptr<io_thread>> threads_;

    net::io_context control_{1}; // signals and the admin listener
    ticker control_ticker_{control_.get_executor()};
    blocking_pool admin_pool_{limits::admin_threads, limits::admin_waiting_max}; // of people: never in a request's way
    std::unique_ptr<admin::admin_handler> admin_handler_;
    std::unique_ptr<http::server> admin_;
    price_watch prices_{*stores_.prices, live_};
    periodic price_timer_{limits::price_poll_ms, [this] { prices_.poll(); }};
    periodic reload_timer_, sweep_timer_, health_timer_, retry_timer_;
    std::atomic<bool> draining_{false}, store_answers_{true};
    bool outbox_told_ = false;          // that it cannot be written; of the health timer
    std::uint64_t outbox_failures_ = 0; // that were told
    std::atomic<std::uint64_t> swept_{0};
};

}
