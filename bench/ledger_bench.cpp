// How fast a store takes reserve and settle, driven as the writer drives it: everything that waits is one batch.
// One request is one reserve and one settle. Prints requests a second, batch size, latency and the CPU of this thread.
//
//   ledger_bench [--store postgres|sqlite] [--in-flight N] [--tenants N] [--counters N] [--prepaid] [--seconds N]
//                [--url postgresql://...]   (instead of a private server; an empty database)

#include "support/postgres_server.hpp"

#include <tollgate/ledger/apply.hpp>
#include <tollgate/postgres/postgres_database.hpp>
#include <tollgate/sqlite/sqlite_database.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace tollgate;

struct settings {
    std::string store = "postgres", url;
    std::size_t in_flight = 64, tenants = 1'000, counters = 3;
    bool prepaid = false;
    int seconds = 5;
};

settings read_settings(int count, char** words) {
    settings out;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const char* value = i + 1 < count ? words[i + 1] : "";
        if (word == "--prepaid") {
            out.prepaid = true;
            continue;
        }
        if (word == "--store") out.store = value;
        if (word == "--url") out.url = value;
        if (word == "--in-flight") out.in_flight = std::strtoul(value, nullptr, 10);
        if (word == "--tenants") out.tenants = std::strtoul(value, nullptr, 10);
        if (word == "--counters") out.counters = std::strtoul(value, nullptr, 10);
        if (word == "--seconds") out.seconds = std::atoi(value);
        ++i;
    }
    return out;
}

std::int64_t steady_us() {
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

std::int64_t thread_cpu_us() {
    rusage used{};
    getrusage(RUSAGE_THREAD, &used);
    const auto us = [](const timeval& t) { return static_cast<std::int64_t>(t.tv_sec) * 1'000'000 + t.tv_usec; };
    return us(used.ru_utime) + us(used.ru_stime);
}

// A caller in a closed loop: reserve, settle, and again.
struct client {
    bool settling = false;
    std::int64_t since_us = 0;
    ledger::reservation hold;
};

class load {
public:
    load(const settings& how, store::ledger_store& store) : how_(how), store_(store), clients_(how.in_flight) {
        record_ = R"({"request_id":"req_0","route":"/v1/chat/completions","policy_version":"v1","decision":"allow")";
        record_ += std::string(700, 'x') + "\"}";
    }

    void run() {
        warm_up();
        const std::int64_t start = steady_us(), end = start + std::int64_t{how_.seconds} * 1'000'000;
        const std::int64_t cpu = thread_cpu_us();
        while (steady_us() < end) step();
        report(steady_us() - start, thread_cpu_us() - cpu);
    }

private:
    // Half the callers settle while the other half reserves, as in a steady stream.
    void warm_up() {
        if (how_.prepaid) fund();
        for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i].since_us = steady_us();
        const std::size_t all = clients_.size();
        first_ = all / 2;
        step();
        first_ = 0;
        for (std::size_t i = 0; i < 50 + 10 * how_.tenants / clients_.size(); ++i)
            step(); // every counter exists by then
        latencies_.clear();
        requests_ = batches_ = ops_ = 0;
    }

    void fund() {
        for (std::size_t t = 0; t < how_.tenants;) {
            std::vector<ledger::op> ops;
            for (; t < how_.tenants && ops.size() < 200; ++t) {
                ledger::move_op op;
                op.tenant = tenant(t);
                op.idempotency_key = "bench";
                op.amount = usd_nano(1'000'000 * usd_nano::per_usd);
                op.transaction = next_id();
                ops.emplace_back(std::move(op));
            }
            run_batch(ops);
        }
    }

    std::string tenant(std::size_t n) const { return "tenant_" + std::to_string(n); }

    request_id next_id() { return request_id::make(store_now_.ms(), static_cast<std::uint16_t>(random_()), ++serial_); }

    ledger::reserve_op reserve() {
        static constexpr std::array spans{window::month, window::day, window::total, window::hour, window::week};
        ledger::reserve_op op;
        op.hold.id = next_id();
        op.hold.tenant = tenant(random_() % how_.tenants);
        op.hold.amount = usd_nano(30'000);
        op.hold.tokens = 500;
        op.hold.prepaid = how_.prepaid;
        op.hold.node = "bench";
        op.hold.record = record_;
        op.ttl_ms = 600'000;
        for (std::size_t i = 0; i < how_.counters; ++i) {
            limit_check check;
            check.scope = i % 2 == 0 ? "tenant" : "feature=support";
            check.span = spans[i % spans.size()];
            check.maximum = INT64_MAX / 4;
            op.limits.push_back(std::move(check));
        }
        return op;
    }

    ledger::settle_op settle(const ledger::reservation& hold) {
        ledger::settle_op op;
        op.hold = hold;
        op.actual = usd_nano(20'000);
        op.tokens = 400;
        op.row.id = hold.id;
        op.row.tenant = hold.tenant;
        op.row.key = "key_bench";
        op.row.feature = "support";
        op.row.model_requested = op.row.model_served = "gpt-5-mini";
        op.row.provider = "openai";
        op.row.decision = "allow";
        op.row.settlement_status = "charged";
        op.row.status = 200;
        op.row.provider_cost = usd_nano(18'000);
        op.row.at = hold.created;
        op.row.record = record_;
        return op;
    }

    std::vector<ledger::outcome> run_batch(const std::vector<ledger::op>& ops) {
        for (bool fresh = true;;) {
            const bool assume = fresh && store_.takes_assumptions();
            fresh = false;
            std::vector<const ledger::op*> list;
            for (const ledger::op& each : ops) list.push_back(&each);
            auto found = store_.begin([&](instant now) {
                if (assume)
                    if (auto rows = ledger::rows_assumed(list, now)) return std::move(*rows);
                return ledger::rows_of(list, now);
            });
            if (!found) fail(found.error());
            if (!found) continue;
            store_now_ = found->now;
            ledger::applied done = ledger::apply(ops, *found);
            const auto committed = store_.commit(done.write);
            if (committed) return std::move(done.outcomes);
            fail(committed.error());
        }
    }

    static void fail(const store_error& why) {
        if (why.fault == store_fault::conflict) return;
        std::fprintf(stderr, "%s\n", why.detail.c_str());
        std::exit(1);
    }

    void step() {
        std::vector<ledger::op> ops;
        for (std::size_t i = first_; i < clients_.size(); ++i) {
            if (clients_[i].settling)
                ops.emplace_back(settle(clients_[i].hold));
            else
                ops.emplace_back(reserve());
        }
        std::vector<ledger::outcome> out = run_batch(ops);
        const std::int64_t now = steady_us();
        for (std::size_t i = 0; i < out.size(); ++i) {
            client& each = clients_[first_ + i];
            if (auto* reserved = std::get_if<ledger::reserve_outcome>(&out[i])) each.hold = std::move(reserved->hold);
            if (each.settling) {
                latencies_.push_back(now - each.since_us);
                each.since_us = now;
                ++requests_;
            }
            each.settling = !each.settling;
        }
        ++batches_;
        ops_ += ops.size();
    }

    void report(std::int64_t wall_us, std::int64_t cpu_us) {
        std::ranges::sort(latencies_);
        const auto at = [&](double part) {
            return static_cast<double>(
                       latencies_[static_cast<std::size_t>(part * static_cast<double>(latencies_.size() - 1))]) /
                   1000;
        };
        std::printf("%-8s in flight %4zu tenants %5zu counters %zu%s: %7.0f requests/s  batch %5.1f  p50 %6.2f ms  p99 "
                    "%6.2f ms  cpu %5.1f us/request\n",
                    how_.store.c_str(), how_.in_flight, how_.tenants, how_.counters, how_.prepaid ? " prepaid" : "",
                    static_cast<double>(requests_) * 1e6 / static_cast<double>(wall_us),
                    static_cast<double>(ops_) / static_cast<double>(batches_), at(0.5), at(0.99),
                    static_cast<double>(cpu_us) / static_cast<double>(requests_));
    }

    const settings& how_;
    store::ledger_store& store_;
    std::vector<client> clients_;
    std::string record_;
    std::mt19937_64 random_{42};
    std::uint64_t serial_ = 0;
    instant store_now_;
    std::size_t first_ = 0;
    std::vector<std::int64_t> latencies_;
    std::uint64_t requests_ = 0, batches_ = 0, ops_ = 0;
};

}

int main(int count, char** words) {
    const settings how = read_settings(count, words);
    std::unique_ptr<test::postgres_server> server;
    std::unique_ptr<store::database> database;
    const auto file = std::filesystem::temp_directory_path() / "tollgate-ledger-bench";
    if (!how.url.empty()) {
        database = postgres::open_database(how.url);
    } else if (how.store == "postgres") {
        std::string why;
        server = test::postgres_server::start({true, "shared_buffers = 256MB\nmax_wal_size = 4GB\n"}, why);
        if (!server) return std::fprintf(stderr, "%s\n", why.c_str()), 1;
        database = postgres::open_database(server->new_database());
    } else {
        std::filesystem::remove_all(file);
        database = sqlite::open_database(file / "ledger.db");
    }
    if (const auto done = database->migrate(); !done)
        return std::fprintf(stderr, "%s\n", done.error().detail.c_str()), 1;
    auto store = database->open_ledger();
    if (!store) return std::fprintf(stderr, "%s\n", store.error().detail.c_str()), 1;
    load(how, **store).run();
    store->reset();
    std::filesystem::remove_all(file);
    return 0;
}
