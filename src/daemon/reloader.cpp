#include "reloader.hpp"

#include <tollgate/daemon/stores.hpp>
#include <tollgate/daemon/system_clock.hpp>

namespace tollgate {

namespace {

constexpr std::size_t problems_shown = 5;

std::string joined(const std::vector<config::problem>& problems) {
    std::string out;
    for (std::size_t i = 0; i < problems.size() && i < problems_shown; ++i)
        out += (out.empty() ? "" : "; ") + to_text(problems[i]);
    if (problems.size() > problems_shown)
        out += "; and " + std::to_string(problems.size() - problems_shown) + " more (see `tollgate check`)";
    return out;
}

}

std::shared_ptr<const app::configuration> configuration_of(const config::loaded& from) {
    app::configuration next;
    next.catalog = from.catalog;
    next.policies = from.policies;
    next.body_bytes_max = from.settings.server.body_bytes_max;
    next.request_total_ms = from.settings.server.request_timeout_ms;
    next.unmetered_paths = from.settings.server.unmetered_paths;
    return std::make_shared<const app::configuration>(std::move(next));
}

reloader::reloader(parts use, config::loaded running)
    : use_(std::move(use)), running_(std::move(running)), watched_(running_.watched),
      seen_(config::fingerprint(watched_)) {}

void reloader::poll() {
    const config::fingerprints now = config::fingerprint(watched_);
    if (now.tls != seen_.tls) reload_certificate();
    const bool changed = now.config != seen_.config;
    seen_ = now;
    if (changed) reload();
    use_.seeder.follow_up();
}

void reloader::reload() {
    config::load_options how;
    how.now = wall_clock_now();
    config::report read = config::inspect(use_.path, how);
    watched_ = read.watched;
    seen_ = config::fingerprint(watched_);
    if (!read.value) return keep_old(joined(read.problems));
    if (const auto reused = config::changed_without_new_version(running_, *read.value); !reused.empty())
        return keep_old(joined(reused));
    if (const auto adopted = adopt(*read.value, use_.keys, use_.ledger, running_.policies.get()); !adopted)
        return keep_old(adopted.error());
    if (const auto done = use_.seeder.prepare(*read.value->policies, running_.policies.get()); !done)
        return keep_old(done.error());

    running_ = std::move(*read.value);
    use_.live.set(configuration_of(running_));
    successes_ += 1;
    {
        const std::lock_guard lock(mutex_);
        complaint_.clear();
    }
    use_.log.info("configuration reloaded", {{"tenants", std::to_string(running_.policies->tenants.size())},
                                             {"models", std::to_string(running_.catalog->models.size())},
                                             {"prices", running_.catalog->price_version}});
}

void reloader::reload_certificate() {
    if (!use_.tls) return;
    if (const auto done = use_.tls->reload(); !done)
        use_.log.error("the new certificate cannot be used, the old one stays", {{"why", done.error().detail}});
    else
        use_.log.info("certificate reloaded");
}

void reloader::keep_old(std::string why) {
    failures_ += 1;
    use_.log.error("the changed configuration is not used, the old one stays", {{"why", why}});
    const std::lock_guard lock(mutex_);
    complaint_ = std::move(why);
}

std::string reloader::complaint() const {
    const std::lock_guard lock(mutex_);
    return complaint_;
}

}
