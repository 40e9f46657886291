#include <tollgate/upstream/dns_cache.hpp>

#include <tollgate/runtime/ticker.hpp>

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <unordered_map>

namespace tollgate::upstream {

using boost::system::error_code;

namespace {

struct entry {
    addresses known;
    std::int64_t known_at_us = 0;
    std::int64_t asked_at_us = 0;
    bool asking = false;
    std::vector<steady_timer*> waiters; // requests without any address yet
};

using resolver = net::ip::basic_resolver<net::ip::tcp, executor>;

dns_cache::lookup system_lookup(executor on) {
    auto asker = std::make_shared<resolver>(on);
    return [asker](const std::string& host, dns_cache::answer done) {
        asker->async_resolve(host, "", [done = std::move(done)](error_code ec, resolver::results_type found) {
            addresses all;
            for (const auto& one : found) {
                const net::ip::address address = one.endpoint().address();
                if (all.size() < limits::dns_addresses_max && std::ranges::find(all, address) == all.end())
                    all.push_back(address);
            }
            done(ec, std::move(all));
        });
    };
}

std::string without_brackets(std::string host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
    return host;
}

}

struct dns_cache::state : std::enable_shared_from_this<state> {
    entry& of(const std::string& host);
    void ask(const std::string& host);
    void take(const std::string& host, error_code ec, addresses found);

    lookup how;
    options with;
    std::unordered_map<std::string, entry> entries;
};

entry& dns_cache::state::of(const std::string& host) {
    if (entries.size() >= limits::dns_hosts_max && !entries.contains(host)) {
        const auto idle = std::ranges::find_if(
            entries, [](const auto& item) { return !item.second.asking && item.second.waiters.empty(); });
        if (idle != entries.end()) entries.erase(idle);
    }
    return entries[host];
}

void dns_cache::state::ask(const std::string& host) {
    entry& item = of(host);
    if (item.asking) return;
    item.asking = true;
    item.asked_at_us = steady_now_us();
    how(host, [weak = weak_from_this(), host](error_code ec, addresses found) {
        if (const auto self = weak.lock()) self->take(host, ec, std::move(found));
    });
}

void dns_cache::state::take(const std::string& host, error_code ec, addresses found) {
    entry& item = of(host);
    item.asking = false;
    if (!ec && !found.empty()) {
        item.known = std::move(found);
        item.known_at_us = steady_now_us();
    }
    for (steady_timer* waiter : std::exchange(item.waiters, {})) waiter->cancel();
}

dns_cache::dns_cache(lookup how, options with) : state_(std::make_shared<state>()) {
    state_->how = std::move(how);
    state_->with = with;
}

dns_cache::dns_cache(executor on) : dns_cache(system_lookup(on), {}) {}

dns_cache::~dns_cache() = default;

task<addresses> dns_cache::find(std::string host, steady_timer& wake) {
    const auto self = state_;
    host = without_brackets(std::move(host));
    error_code not_an_address;
    const net::ip::address literal = net::ip::make_address(host, not_an_address);
    if (!not_an_address) co_return addresses{literal};

    const std::int64_t now = steady_now_us();
    const entry& item = self->of(host);
    const auto older_than = [now](std::int64_t then, std::uint32_t ms) {
        return now - then >= std::int64_t{ms} * 1000;
    };
    const bool usable = !item.known.empty() && !older_than(item.known_at_us, self->with.stale_ms);
    // A renewal that fails is tried again after another interval, not by every request.
    const bool due =
        older_than(item.known_at_us, self->with.refresh_ms) && older_than(item.asked_at_us, self->with.refresh_ms);
    if (!usable || due) self->ask(host);
    if (usable) co_return self->of(host).known;

    if (self->of(host).asking) {
        wake.expires_at(steady_timer::time_point::max());
        self->of(host).waiters.push_back(&wake);
        error_code woken;
        co_await wake.async_wait(net::redirect_error(use_task, woken));
        std::erase(self->of(host).waiters, &wake);
    }
    co_return self->of(host).known;
}

void dns_cache::prefetch(const std::string& host) {
    const std::string bare = without_brackets(host);
    error_code not_an_address;
    net::ip::make_address(bare, not_an_address);
    if (not_an_address && state_->of(bare).known.empty()) state_->ask(bare);
}

void dns_cache::failed(const std::string& host, const net::ip::address& which) {
    const auto found = state_->entries.find(without_brackets(host));
    if (found == state_->entries.end()) return;
    addresses& known = found->second.known;
    const auto at = std::ranges::find(known, which);
    if (at != known.end()) std::rotate(at, at + 1, known.end());
}

}
