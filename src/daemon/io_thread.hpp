#pragma once

// One I/O thread and everything that is its own: loop, ticker, listener, provider connections, its side of the ledger.

#include <tollgate/app/ledger_client.hpp>
#include <tollgate/app/services.hpp>
#include <tollgate/daemon/system_clock.hpp>
#include <tollgate/http/server.hpp>
#include <tollgate/keys/confirmation_signer.hpp>
#include <tollgate/keys/key_directory.hpp>
#include <tollgate/keys/request_digester.hpp>
#include <tollgate/runtime/ticker.hpp>
#include <tollgate/upstream/upstream_pool.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <thread>

namespace tollgate {

// What the threads share; outlives them.
struct shared_parts {
    const app::live_configuration& config;
    app::ledger_writer& writer;
    keys::key_cache& key_cache;
    const keys::key_hasher& hasher;
    const keys::confirmation_signer& confirmations; // each thread takes its own copy
    upstream::tls_contexts& tls_contexts;
    app::account_reader& accounts;
    app::retry_watch& retries;
    std::string node;
    const std::atomic<bool>& stopping;
    std::shared_ptr<app::provider_board> board;
};

class io_thread {
public:
    io_thread(const shared_parts& shared, ports::request_log& log, const http::server_options& options,
              http::handler routes_first);
    ~io_thread();

    std::uint16_t listen(); // before start
    void start();
    executor on() { return context_.get_executor(); }
    ports::metrics& metrics() { return metrics_; }
    app::services& services() { return services_; }
    std::size_t connections() const {
        return connections_.load(std::memory_order_relaxed);
    } // any thread; as of the last tick

    // No new connections; what runs may end within `grace_ms`, then its sockets close and it settles.
    void begin_drain(std::uint32_t grace_ms);
    void wait_drained(std::uint32_t ms_max); // gives up then: what hangs is ended by recovery at the next start
    void stop();                             // the loop ends; after wait_drained

private:
    net::io_context context_{1};
    net::executor_work_guard<executor> busy_{context_.get_executor()};
    ticker ticker_{context_.get_executor()};
    ports::metrics metrics_;
    system_clock clock_{context_.get_executor()};
    system_rng random_;
    app::ledger_client ledger_;
    keys::key_directory keys_;
    keys::confirmation_signer confirmations_;
    keys::request_digester digests_;
    upstream::dns_cache names_{context_.get_executor()};
    upstream::upstream_pool pool_;
    app::services services_;
    std::unique_ptr<http::server> server_;
    std::atomic<std::size_t> connections_{0};
    std::promise<void> drained_;
    std::thread thread_;
};

}
