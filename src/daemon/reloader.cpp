#include "reloader.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/daemon/system_clock.hpp>

#include <sys/resource.h>
#include <thread>

namespace tollgate {

namespace {

constexpr std::size_t problems_shown = 5;
constexpr int reload_niceness = 5;
constexpr std::uint32_t polls_to_full_look = limits::reload_full_look_ms / limits::reload_poll_ms;

std::string joined(const std::vector<config::problem>& problems) {
    std::string out;
    for (std::size_t i = 0; i < problems.size() && i < problems_shown; ++i)
        out += (out.empty() ? "" : "; ") + to_text(problems[i]);
    if (problems.size() > problems_shown)
        out += "; and " + std::to_string(problems.size() - problems_shown) + " more (see `tollgate check`)";
    return out;
}

// Reading ten thousand files must not keep a request waiting for the processor. A thread that has become nice cannot
// become urgent again, so it is one of its own.
config::report read_gently(const std::string& path) {
    config::load_options how;
    how.now = wall_clock_now();
    how.threads = 1; // the others are for requests
    config::report read;
    std::thread([&] {
        ::setpriority(PRIO_PROCESS, 0, reload_niceness); // of this thread alone
        read = config::inspect(path, how);
    }).join();
    return read;
}

std::shared_ptr<const app::configuration> configuration_of(const config::loaded& from, effective_policies policies) {
    app::configuration next;
    next.catalog = from.catalog;
    next.policies = std::move(policies.set);
    next.published = std::move(policies.published);
    next.body_bytes_max = from.settings.server.body_bytes_max;
    next.request_total_ms = from.settings.server.request_timeout_ms;
    next.unmetered_paths = from.settings.server.unmetered_paths;
    return std::make_shared<const app::configuration>(std::move(next));
}

}

reloader::reloader(parts use, config::loaded running)
    : use_(std::move(use)), running_(std::make_shared<const config::loaded>(std::move(running))),
      watched_(running_->watched) {
    hints_.follow(watched_.folders);
    seen_ = config::fingerprint(watched_);
}

void reloader::start() {
    if (auto read = published_.poll(use_.keys); !read)
        throw store_unreachable("published policies: " + read.error().detail);
    if (auto done = put_in_force(running_); !done) {
        if (done.error().try_again) throw store_unreachable(done.error().why);
        throw std::runtime_error(done.error().why);
    }
}

// Policies that outrank their files are laid over them; the store hears of new versions before anybody is served.
std::expected<void, adopt_failure> reloader::put_in_force(std::shared_ptr<const config::loaded> files) {
    auto policies = published_.over(*files, wall_clock_now());
    if (!policies) return std::unexpected(adopt_failure{policies.error(), false});
    const auto before = use_.live.get();
    const auto content_of = [&](const tenant_id& tenant) {
        if (std::string published = published_.content_of(tenant); !published.empty()) return published;
        const auto source = files->sources.find(tenant);
        return source == files->sources.end() ? std::string() : source->second.canonical;
    };
    const policy::policy_set* adopted = before ? before->policies.get() : nullptr;
    if (auto done = adopt(*policies->set, content_of, use_.keys, use_.ledger, adopted); !done) return done;
    if (auto done = use_.seeder.prepare(*policies->set, adopted); !done)
        return std::unexpected(adopt_failure{done.error(), true});
    use_.live.set(configuration_of(*files, std::move(*policies)));
    if (before) retired_.push_back(before);
    const std::lock_guard lock(mutex_);
    running_ = std::move(files);
    return {};
}

void reloader::poll() {
    poll_files();
    poll_published();
    free_retired();
}

void reloader::poll_files() {
    const bool asked = all_.exchange(false);
    const bool look = hints_.happened() || asked || until_full_look_ == 0;
    until_full_look_ = look ? polls_to_full_look : until_full_look_ - 1;
    const config::fingerprints now = look ? config::fingerprint(watched_) : config::fingerprint_files(watched_, seen_);
    if (now.tls != seen_.tls) reload_certificate();
    const bool changed = now.files != seen_.files || now.folders != seen_.folders;
    seen_ = now;
    if (changed || files_again_) reload();
    use_.seeder.follow_up();
}

void reloader::poll_published() {
    const auto changed = published_.poll(use_.keys);
    if (!changed || (!*changed && !published_again_)) return; // the health check tells about the store
    const auto done = put_in_force(running_);
    published_again_ = !done && done.error().try_again;
    if (!done) return keep_old(published_complaint_, done.error().why);
    settle(published_complaint_);
    use_.log.info("published policies taken up",
                  {{"tenants", std::to_string(use_.live.get()->policies->tenants.size())}});
}

void reloader::reload() {
    files_again_ = false;
    config::report read = read_gently(use_.path);
    if (read.watched != watched_) { // else what was seen before reading counts: a change since then is another one
        watched_ = read.watched;
        hints_.follow(watched_.folders);
        seen_ = config::fingerprint(watched_);
    }
    if (!read.value) return keep_old(files_complaint_, joined(read.problems));
    if (const auto reused = config::changed_without_new_version(*running_, *read.value); !reused.empty())
        return keep_old(files_complaint_, joined(reused));
    auto next = std::make_shared<const config::loaded>(std::move(*read.value));
    const auto done = put_in_force(next);
    files_again_ = !done && done.error().try_again;
    if (!done) return keep_old(files_complaint_, done.error().why);
    settle(files_complaint_);
    settle(published_complaint_);
    use_.log.info("configuration reloaded", {{"tenants", std::to_string(next->policies->tenants.size())},
                                             {"models", std::to_string(next->catalog->models.size())},
                                             {"prices", next->catalog->price_version}});
}

std::expected<config::read_policy_result, std::vector<config::problem>>
reloader::parse_policy(const std::string& text) const {
    std::shared_ptr<const config::loaded> with;
    {
        const std::lock_guard lock(mutex_);
        with = running_;
    }
    return config::parse_stored_policy("policy", text, *with, wall_clock_now());
}

void reloader::free_retired() {
    std::erase_if(retired_, [](const auto& old) { return old.use_count() == 1; });
}

void reloader::reload_certificate() {
    if (!use_.tls) return;
    if (const auto done = use_.tls->reload(); !done)
        use_.log.error("the new certificate cannot be used, the old one stays", {{"why", done.error().detail}});
    else
        use_.log.info("certificate reloaded");
}

void reloader::keep_old(std::string& complaint, std::string why) {
    failures_ += 1;
    use_.log.error("the changed configuration is not used, the old one stays", {{"why", why}});
    const std::lock_guard lock(mutex_);
    complaint = std::move(why);
}

void reloader::settle(std::string& complaint) {
    if (&complaint == &files_complaint_) successes_ += 1;
    const std::lock_guard lock(mutex_);
    complaint.clear();
}

std::string reloader::complaint() const {
    const std::lock_guard lock(mutex_);
    return files_complaint_.empty() ? published_complaint_ : files_complaint_;
}

}
