#include "gateway.hpp"

#include <tollgate/app/routes.hpp>
#include <tollgate/keys/key_admin.hpp>
#include <tollgate/openai/tokenizer.hpp>

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>

namespace tollgate {

namespace {

constexpr std::uint32_t health_ms = 1000;
constexpr std::uint32_t after_drain_ms = 10'000;   // to settle what the end of the grace cut off
constexpr std::uint32_t event_silence_ms = 15'000; // below the 30 to 60 s after which proxies give a stream up
constexpr std::size_t queries_waiting_max = 256;
constexpr std::uint32_t recover_attempts = 100;

std::size_t thread_count(const config::settings& settings) {
    if (settings.server.threads > 0) return settings.server.threads;
    return std::max(1u, std::thread::hardware_concurrency());
}

std::string pepper(stores& from, const config::settings& settings) {
    auto found = keys::pepper_of(*from.keys, settings.keys.pepper);
    if (!found) throw store_unreachable("the key pepper: " + found.error().detail);
    return *found;
}

std::string confirmation_secret(stores& from) {
    auto found = keys::confirmation_secret_of(*from.keys);
    if (!found) throw store_unreachable("the secret of confirmations: " + found.error().detail);
    return *found;
}

// Keys the hashes of requests: the same for every process, which share what is blocked by hash.
hash_key retry_secret(stores& from) {
    auto found = from.keys->secret("request_hash", keys::make_pepper());
    if (!found) throw store_unreachable("the secret of request hashes: " + found.error().detail);
    if (found->size() < 2 * sizeof(hash_key)) throw std::runtime_error("the secret of request hashes is damaged");
    const auto number = [&](std::size_t at) { return std::stoull(found->substr(at, 16), nullptr, 16); };
    return {number(0), number(16)};
}

net::ip::tcp::endpoint endpoint_of(const config::endpoint& where) {
    return {net::ip::make_address(where.host), where.port};
}

}

gateway::gateway(const serve_options& options, config::loaded loaded, observability::logger& log)
    : options_(options), settings_(loaded.settings), log_(log), state_(settings_.state_dir),
      stores_(open_stores(settings_, settings_.store.connections)), outbox_(state_.outbox_path()),
      pool_(settings_.store.connections, queries_waiting_max), hasher_(pepper(stores_, settings_)),
      confirmations_(confirmation_secret(stores_)),
      key_cache_(pool_, std::move(stores_.key_readers), std::move(stores_.key_poller)),
      accounts_(pool_, std::move(stores_.accounts)), retries_(retry_secret(stores_)),
      retry_share_(retries_, std::move(stores_.retry_blocks)), writer_(*stores_.writer, outbox_),
      request_log_(settings_.log.requests), seeder_(*stores_.database, log_), sweeper_(*stores_.sweeper, random_),
      reload_timer_(limits::reload_poll_ms, [this] { reloader_->poll(); }),
      sweep_timer_(limits::sweep_interval_ms, [this] { sweep(); }),
      health_timer_(health_ms, [this] { check_health(); }),
      retry_timer_(limits::key_poll_ms, [this] { (void)retry_share_.exchange(wall_clock_now()); }) {
    if (settings_.server.tls.enabled())
        certificate_ =
            std::make_unique<http::tls_reloader>(http::tls_files{settings_.server.tls.cert, settings_.server.tls.key});
    board_->on_refused_credentials([this](std::string_view provider, int status) {
        log_.error("a provider refuses the credentials of this gateway: requests to it fail until they are right",
                   {{"provider", std::string(provider)}, {"status", std::to_string(status)}});
    });
    reloader::parts parts{options_.config_path, live_,   *stores_.keys, *stores_.reload_ledger,
                          certificate_.get(),   seeder_, log_};
    reloader_ = std::make_unique<reloader>(std::move(parts), std::move(loaded));
    reloader_->start();
}

gateway::~gateway() = default;

// What an earlier life of this process left: first the settlements it had measured, then the holds it had not.
void gateway::recover() {
    for (std::uint32_t i = 0; outbox_.size() > 0 && i < recover_attempts; ++i) writer_.run_once();
    auto ended = sweeper_.recover(state_.node());
    if (!ended) throw store_unreachable("recovery: " + ended.error().detail);
    if (auto loaded = retry_share_.load(wall_clock_now()); !loaded)
        throw store_unreachable("blocked requests: " + loaded.error().detail);
    if (*ended > 0)
        log_.warn("reservations of an earlier run were ended as their policies say",
                  {{"count", std::to_string(*ended)}});
}

void gateway::start() {
    openai::count_tokens("x"); // builds the rank table now, not in a request
    recover();
    // Before the first request: without them a price that has risen would be paid.
    if (!prices_.poll()) throw store_unreachable("the approved prices cannot be read");
    // Before anything runs that would have to be stopped again: an address may be taken.
    start_threads();
    start_admin();
    writer_.start();
    key_cache_.start();
    request_log_.start();
    for (const auto& thread : threads_) thread->start();
    price_timer_.start();
    reload_timer_.start();
    sweep_timer_.start();
    health_timer_.start();
    retry_timer_.start();
    tell_ready();
}

http::server_options gateway::data_options() const {
    const config::server_settings& from = settings_.server;
    http::server_options out;
    out.endpoint = endpoint_of(from.listen);
    out.reuse_port = true;
    if (certificate_) out.tls = [holder = certificate_.get()] { return holder->current(); };
    out.trusted_proxies = from.trusted_proxies;
    out.proxy_protocol = from.proxy_protocol;
    out.connections_max = from.connections_max;
    out.body_bytes_max = from.body_bytes_max;
    out.head_ms_max = from.head_timeout_ms;
    out.body_ms_max = from.body_timeout_ms;
    out.idle_ms_max = from.idle_timeout_ms;
    out.write_ms_max = from.write_timeout_ms;
    out.silence_ms = event_silence_ms;
    out.tls_handshake_ms_max = from.tls_handshake_timeout_ms;
    out.make_request_id = [] {
        thread_local system_rng random;
        return request_id::make(wall_clock_now().ms(), static_cast<std::uint16_t>(random.next()), random.next()).text();
    };
    out.on_bug = [this](std::string_view what) { log_.error("a bug ended a request", {{"what", std::string(what)}}); };
    return out;
}

void gateway::start_threads() {
    const shared_parts shared{live_,     writer_,  key_cache_,    hasher_,   confirmations_, tls_contexts_,
                              accounts_, retries_, state_.node(), draining_, board_};
    http::server_options options = data_options();
    const std::size_t count = thread_count(settings_);
    for (std::size_t i = 0; i < count; ++i) {
        threads_.push_back(std::make_unique<io_thread>(shared, request_log_.add_thread(), options, data_handler(i)));
        // The first thread may be given a port by the system; the others share it.
        options.endpoint.port(threads_.back()->listen());
    }
    settings_.server.listen.port = options.endpoint.port();
}

void gateway::write_ready_file(std::uint16_t data_port, std::uint16_t admin_port) const {
    if (options_.ready_file.empty()) return;
    const auto address = [](std::string host, std::uint16_t port) {
        if (host == "0.0.0.0" || host == "::") host = "127.0.0.1";
        return host + ":" + std::to_string(port);
    };
    const std::string fresh = options_.ready_file + ".new";
    std::ofstream out(fresh);
    out << R"({"data":")" << address(settings_.server.listen.host, data_port) << R"(","admin":")"
        << address(settings_.admin.listen.host, admin_port) << R"(","pid":)" << ::getpid() << "}\n";
    out.close();
    std::filesystem::rename(fresh, options_.ready_file);
}

void gateway::sweep() {
    const auto done = sweeper_.sweep();
    if (!done) return; // the health check tells about the store
    swept_ += done->reservations;
    if (done->reservations > 0)
        log_.warn("expired reservations were ended as their policies say",
                  {{"count", std::to_string(done->reservations)}});
}

void gateway::check_store() {
    const bool answers = stores_.health->revision().has_value();
    if (answers != store_answers_.exchange(answers)) {
        if (answers)
            log_.info("the store answers again");
        else
            log_.error("the store does not answer: requests are refused with ledger_unavailable");
    }
}

void gateway::check_health() {
    check_store();
    check_outbox();
}

// One line when it begins and one when it ends, however many requests it meets and however short it is.
void gateway::check_outbox() {
    const std::uint64_t failures = writer_.seen().outbox_failures;
    const std::size_t exposed = writer_.only_in_memory();
    if (!outbox_told_ && failures != outbox_failures_) {
        outbox_told_ = true;
        log_.error("neither the store nor the outbox takes what requests have cost: a crash now would lose it, and "
                   "requests are refused with ledger_unavailable",
                   {{"outbox", outbox_.why_not()}, {"settlements", std::to_string(exposed)}});
    }
    outbox_failures_ = failures;
    if (!outbox_told_ || exposed > 0) return;
    outbox_told_ = false;
    log_.info("all that requests have cost is written");
}

void gateway::run_until_signal() {
    net::basic_signal_set<executor> signals(control_.get_executor(), SIGTERM, SIGINT, SIGHUP);
    std::function<void(boost::system::error_code, int)> on_signal = [&](boost::system::error_code ec, int which) {
        if (ec) return;
        if (which == SIGHUP) {
            request_log_.reopen();
            reloader_->look_at_all();
            reload_timer_.soon();
            signals.async_wait(on_signal);
            return;
        }
        log_.info("stopping", {{"signal", which == SIGTERM ? "SIGTERM" : "SIGINT"}});
        control_.stop();
    };
    signals.async_wait(on_signal);
    control_.run();
}

void gateway::stop() {
    draining_ = true;
    price_timer_.stop();
    reload_timer_.stop();
    sweep_timer_.stop();
    for (const auto& thread : threads_) thread->begin_drain(settings_.server.drain_timeout_ms);
    // Health checks go on being answered, "draining", while requests end.
    control_.restart();
    std::thread control([this] { control_.run(); });
    for (const auto& thread : threads_) thread->wait_drained(settings_.server.drain_timeout_ms + after_drain_ms);
    control_.stop();
    control.join();
    health_timer_.stop();
    retry_timer_.stop();
    (void)retry_share_.exchange(wall_clock_now()); // what began since
    for (const auto& thread : threads_) thread->stop();
    if (const std::size_t lost = writer_.drain_and_stop(); lost > 0)
        log_.error("settlements could be written nowhere: the next run charges them as their policies say",
                   {{"settlements", std::to_string(lost)}, {"outbox", outbox_.why_not()}});
    key_cache_.stop();
    control_ticker_.stop();
    admin_.reset();
    request_log_.stop();
    log_.info("stopped", {{"outbox", std::to_string(outbox_.size())}});
    log_.flush();
}

}
