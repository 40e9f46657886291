// What the process tells about itself: health on both listeners, metrics on the admin one.
#include "gateway.hpp"

#include <tollgate/core/json_writer.hpp>

#include <tollgate/app/health.hpp>
#include <tollgate/app/routes.hpp>
#include <tollgate/daemon/system_clock.hpp>
#include <tollgate/observability/prometheus.hpp>

#include <algorithm>

namespace tollgate {

namespace {

// "3 providers; open: azure-eu": those that are left out until a probe finds them well again.
std::string provider_detail(const catalog& known, const app::provider_board& board) {
    std::string out = std::to_string(known.providers.size()) + " providers", open;
    for (const auto& [name, health] : board.all()) {
        if (health->breaker().state() == circuit_breaker::phase::closed || !known.providers.contains(name)) continue;
        open += (open.empty() ? "" : ", ") + name;
    }
    return open.empty() ? out : out + "; open: " + open;
}

using read_answer = std::expected<admin::read_policy, std::vector<admin::policy_problem>>;

read_answer read_policy(const reloader& with, const std::string& text) {
    auto read = with.parse_policy(text);
    if (read) return admin::read_policy{std::move(read->policy), std::move(read->canonical)};
    std::vector<admin::policy_problem> problems;
    for (config::problem& each : read.error()) problems.push_back({each.line, each.column, std::move(each.message)});
    return std::unexpected(std::move(problems));
}

std::vector<admin::admin_token> admin_tokens(const config::admin_settings& from) {
    std::vector<admin::admin_token> all;
    if (!from.token.empty()) all.push_back({"admin", from.token, true, true});
    for (const config::admin_token& each : from.tokens) {
        const auto has = [&](config::admin_role role) { return std::ranges::count(each.roles, role) > 0; };
        all.push_back({each.name, each.token, has(config::admin_role::operate), has(config::admin_role::money)});
    }
    return all;
}

}

http::handler gateway::data_handler(std::size_t thread) {
    return [this, thread](ports::exchange& x) -> task<> {
        if (x.path() == "/healthz") return app::send_alive(x);
        if (x.path() == "/readyz") return send_ready(x);
        return app::dispatch(threads_[thread]->services(), x);
    };
}

task<> gateway::send_ready(ports::exchange& x) {
    const auto checks = readiness();
    co_await app::send_ready(x, checks, app::health_detail::none);
}

std::vector<app::health_check> gateway::readiness() const {
    const auto config = live_.get();
    const std::string complaint = reloader_->complaint();
    return {
        {"store", store_answers_, store_answers_ ? stores_.database->description() : "does not answer", true},
        {"catalogue", !config->catalog->models.empty(), std::to_string(config->catalog->models.size()) + " models",
         true},
        {"provider", !config->catalog->providers.empty(), provider_detail(*config->catalog, *board_), true},
        {"outbox", outbox_.size() + writer_.only_in_memory() == 0, outbox_detail(), true},
        {"draining", !draining_, draining_ ? "the process is stopping" : "", true},
        {"configuration", complaint.empty(), complaint, false},
    };
}

std::string gateway::outbox_detail() const {
    std::string text = std::to_string(outbox_.size()) + " settlements wait for the store";
    if (const std::size_t exposed = writer_.only_in_memory(); exposed > 0)
        text += ", and " + std::to_string(exposed) + " more in memory alone: " + outbox_.why_not();
    return text;
}

std::string gateway::metrics_text() const {
    using kind = observability::sample::kind;
    std::vector<const ports::metrics*> threads;
    std::size_t connections = 0;
    for (const auto& thread : threads_) {
        threads.push_back(&thread->metrics());
        connections += thread->connections();
    }
    const auto as_int = [](auto value) { return static_cast<std::int64_t>(value); };
    const observability::sample more[] = {
        {"connections", "Client connections open", kind::gauge, as_int(connections)},
        {"keys_cached", "Keys known to this process", kind::gauge, as_int(key_cache_.size())},
        {"reservations_swept_total", "Reservations ended after their expiry", kind::counter, as_int(swept_.load())},
        {"config_reloads_total", "Configurations taken into use", kind::counter, as_int(reloader_->successes())},
        {"config_reload_failures_total", "Changed configurations that were not used", kind::counter,
         as_int(reloader_->failures())},
        {"config_current", "0 while a changed configuration waits to be repaired", kind::gauge,
         reloader_->complaint().empty() ? 1 : 0},
        {"log_lines_dropped_total", "Request log lines that found no room", kind::counter,
         as_int(request_log_.dropped())},
    };
    const auto providers = board_->all();
    observability::measurements what;
    what.threads = threads;
    what.writer = &writer_;
    what.providers = providers;
    what.more = more;
    return observability::to_prometheus(what);
}

admin::admin_sources gateway::admin_sources() {
    admin::admin_sources out;
    out.readiness = [this] { return readiness(); };
    out.metrics = [this] { return metrics_text(); };
    out.config = [this] { return live_.get(); };
    out.now = wall_clock_now;
    out.tenant_status = [this](std::string_view tenant) {
        const auto flags = key_cache_.flags();
        const auto at = flags->find(tenant);
        return at == flags->end() ? std::string() : at->second;
    };
    out.random = [] {
        thread_local system_rng random;
        return random.next();
    };
    out.changed = [this] {
        key_cache_.poll_soon();
        reload_timer_.soon();
    };
    out.parse_policy = [this](const std::string& text) -> read_answer { return read_policy(*reloader_, text); };
    out.approve_price = [this](const admin::price_approval& asked) { return approve_price(asked); };
    return out;
}

std::expected<std::string, admin::problem> gateway::approve_price(const admin::price_approval& asked) {
    const instant now = wall_clock_now();
    const price* in_force = live_.get()->catalog->price_of(asked.provider, asked.model, now);
    admin::problem why;
    if (!in_force) {
        why.status = 404;
        why.code = "not_found";
        why.title = "There is no such price";
        why.detail = "The price book has no price in force for " + asked.provider + "/" + asked.model + ".";
        return std::unexpected(std::move(why));
    }
    auto prices = stores_.database->open_prices();
    const price_baseline row{asked.tenant, asked.provider, asked.model, *in_force, now, asked.actor};
    auto done = prices ? (*prices)->approve(row) : store_result<void>(std::unexpected(prices.error()));
    if (!done) {
        why.status = 503;
        why.code = "store_unavailable";
        why.title = "The store does not answer";
        why.detail = done.error().detail;
        return std::unexpected(std::move(why));
    }
    std::string text;
    json_writer out(text);
    out.begin_object().member("provider", asked.provider).member("model", asked.model);
    out.optional_member("tenant", asked.tenant).member("approved_at", to_rfc3339(now));
    out.key("approved").begin_object();
    out.member("input_usd_per_million", to_usd(usd_nano(in_force->rates.input)));
    out.member("output_usd_per_million", to_usd(usd_nano(in_force->rates.output))).end_object().end_object();
    return text;
}

admin::admin_work gateway::admin_work() {
    return {control_.get_executor(),       admin_pool_, *stores_.database, hasher_, settings_.keys.prefix,
            settings_.keys.rotate_grace_ms};
}

void gateway::start_admin() {
    admin_handler_ =
        std::make_unique<admin::admin_handler>(admin_sources(), admin_work(), admin_tokens(settings_.admin));

    http::server_options options;
    options.endpoint = {net::ip::make_address(settings_.admin.listen.host), settings_.admin.listen.port};
    admin_ = std::make_unique<http::server>(control_.get_executor(), control_ticker_, options,
                                            [this](ports::exchange& x) { return (*admin_handler_)(x); });
    control_ticker_.start();
    settings_.admin.listen.port = admin_->listen();
}

void gateway::tell_ready() const {
    log_.info("serving", {{"data", settings_.server.listen.host + ":" + std::to_string(settings_.server.listen.port)},
                          {"admin", settings_.admin.listen.host + ":" + std::to_string(settings_.admin.listen.port)},
                          {"store", stores_.database->description()},
                          {"node", state_.node()}});
    write_ready_file(settings_.server.listen.port, settings_.admin.listen.port);
}

}
