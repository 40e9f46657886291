#include "seeding.hpp"

#include <tollgate/app/counter_seeds.hpp>
#include <tollgate/store/account_store.hpp>
#include <tollgate/store/seed_store.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <unordered_map>

namespace tollgate {

namespace {

using policy_ptr = std::shared_ptr<const policy::tenant_policy>;
using app::families;

constexpr std::size_t page = limits::store_page_rows_max;
constexpr std::size_t turns_factor = 4;
constexpr std::int64_t a_day_us = 86'400'000'000;
constexpr std::int64_t soon_ms = 5'000; // every process has taken the policy up by then
constexpr int attempts_max = 10;        // of a store that is away

std::unexpected<std::string> failure(const char* what, const store_error& error) {
    return std::unexpected(std::string("counters: ") + what + ": " + error.detail);
}

families without(const families& all, const families& some) {
    families out;
    std::ranges::set_difference(all, some, std::inserter(out, out.end()));
    return out;
}

std::int64_t steady_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// One tenant whose policy wants counters that nobody kept.
class tenant_seeding {
public:
    tenant_seeding(const policy::tenant_policy& policy, const families& missing, store::seed_store& seeds,
                   store::account_store& accounts)
        : policy_(policy), missing_(missing), seeds_(seeds), accounts_(accounts) {}

    struct result {
        std::size_t changed = 0; // counters
        bool open = false;       // holds were counted in full: what they cost is not known yet
    };
    store_result<result> run() {
        const auto now = seeds_.now();
        if (!now) return std::unexpected(now.error());
        until_ = {now->us + a_day_us};
        result out;
        for (app::seed_sum::turn turn; turn.part < turn.parts;) {
            app::seed_sum sum(policy_, missing_, *now, turn);
            if (sum.empty()) return out;
            if (auto read = add_all(sum, out); !read) return std::unexpected(read.error());
            if (sum.overflowed()) {
                turn = {0, turn.parts * turns_factor};
                continue;
            }
            const auto planted = plant(sum.take());
            if (!planted) return std::unexpected(planted.error());
            out.changed += *planted;
            ++turn.part;
        }
        return out;
    }

private:
    // Holds first: one that ends between the two readings is met again among the rows, and counted once.
    store_result<void> add_all(app::seed_sum& sum, result& out) {
        std::unordered_map<request_id, ledger::usage_row> open;
        if (auto read = read_holds(open); !read) return read;
        store::usage_query query{policy_.tenant, sum.from(), until_};
        // Ids begin with their time: rows before the window are not even looked at.
        request_id after = request_id::make(sum.from().ms(), 0, 0);
        for (;;) {
            auto rows = accounts_.usage_page(query, after, page);
            if (!rows) return std::unexpected(rows.error());
            for (const ledger::usage_row& row : *rows) {
                open.erase(row.id);
                sum.add(row);
            }
            if (rows->size() < page || sum.overflowed()) break;
            after = rows->back().id;
        }
        for (const auto& [id, row] : open) sum.add(row);
        out.open = out.open || !open.empty();
        return {};
    }

    store_result<void> read_holds(std::unordered_map<request_id, ledger::usage_row>& open) {
        for (request_id after;;) {
            auto holds = seeds_.holds(policy_.tenant, after, page);
            if (!holds) return std::unexpected(holds.error());
            for (const ledger::reservation& hold : *holds) open.emplace(hold.id, app::row_of_open(hold));
            if (holds->size() < page) return {};
            after = holds->back().id;
        }
    }

    store_result<std::size_t> plant(std::vector<ledger::seed> all) {
        std::size_t changed = 0;
        for (std::size_t at = 0; at < all.size(); at += page) {
            const auto end = std::min(all.size(), at + page);
            const std::vector<ledger::seed> some(all.begin() + static_cast<std::ptrdiff_t>(at),
                                                 all.begin() + static_cast<std::ptrdiff_t>(end));
            auto done = plant_some(some);
            if (!done) return done;
            changed += *done;
        }
        return changed;
    }

    // What was planted and not acknowledged is found planted.
    store_result<std::size_t> plant_some(const std::vector<ledger::seed>& some) {
        for (int attempts = 1;; ++attempts) {
            auto done = seeds_.plant(some);
            if (done || done.error().fault == store_fault::corrupt || attempts == limits::run_ops_attempts_max)
                return done;
        }
    }

    instant until_; // no request is newer
    const policy::tenant_policy& policy_;
    const families& missing_;
    store::seed_store& seeds_;
    store::account_store& accounts_;
};

}

struct counter_seeder::connections {
    std::unique_ptr<store::seed_store> seeds;
    std::unique_ptr<store::account_store> accounts;
};

counter_seeder::counter_seeder(store::database& database, observability::logger& log)
    : database_(database), log_(log) {}

std::expected<void, std::string> counter_seeder::prepare(const policy::policy_set& next,
                                                         const policy::policy_set* before) {
    std::vector<policy_ptr> changed;
    for (const auto& [tenant, policy] : next.tenants) {
        const policy::tenant_policy* old = before ? before->find(tenant) : nullptr;
        if (!old || old->version != policy->version || old->hash != policy->hash) changed.push_back(policy);
    }
    if (changed.empty()) return {};
    connections use;
    auto seeds = database_.open_seeds();
    if (!seeds) return failure("the store", seeds.error());
    use.seeds = std::move(*seeds);
    for (std::size_t at = 0; at < changed.size(); at += page) {
        const auto some = std::span(changed).subspan(at, std::min(page, changed.size() - at));
        if (auto done = prepare_some(some, before, use); !done) return done;
    }
    return {};
}

std::expected<void, std::string> counter_seeder::prepare_some(std::span<const policy_ptr> policies,
                                                              const policy::policy_set* before, connections& use) {
    std::vector<tenant_id> tenants;
    for (const policy_ptr& each : policies) tenants.push_back(each->tenant);
    const auto kept = use.seeds->kept(tenants);
    if (!kept) return failure("what is kept", kept.error());
    std::vector<store::kept_counters> changed;
    for (std::size_t i = 0; i < policies.size(); ++i) {
        const policy_ptr& policy = policies[i];
        const families wanted = app::families_of(*policy);
        families missing = without(wanted, app::parse_families((*kept)[i].families));
        // Another process may have taken the policy up long before this one: what ran here since is not seeded yet.
        if (const policy::tenant_policy* old = before ? before->find(policy->tenant) : nullptr)
            missing.merge(without(wanted, app::families_of(*old)));
        if (!missing.empty() && (*kept)[i].has_history) {
            pending work{policy, std::move(missing), steady_ms() + soon_ms};
            if (auto done = seed(work, use); !done) return failure(policy->tenant.c_str(), done.error());
            later_.push_back(std::move(work));
        }
        store::kept_counters row{policy->tenant, app::to_text(wanted), false};
        if (row.families != (*kept)[i].families) changed.push_back(std::move(row));
    }
    if (auto done = use.seeds->keep(changed); !done) return failure("what is kept", done.error());
    return {};
}

store_result<void> counter_seeder::seed(pending& work, connections& use) {
    if (!use.accounts) {
        auto opened = database_.open_accounts();
        if (!opened) return std::unexpected(opened.error());
        use.accounts = std::move(*opened);
    }
    const auto done = tenant_seeding(*work.policy, work.missing, *use.seeds, *use.accounts).run();
    if (!done) return std::unexpected(done.error());
    work.open = done->open;
    if (done->changed == 0) return {};
    std::string names;
    for (const std::string& each : work.missing) names += (names.empty() ? "" : ", ") + each;
    log_.info("counters that a policy adds were given what their windows have seen",
              {{"tenant", work.policy->tenant},
               {"policy", work.policy->version},
               {"counters", std::to_string(done->changed)},
               {"kinds", names}});
    return {};
}

void counter_seeder::follow_up() {
    const std::int64_t now = steady_ms();
    const auto due = [&](const pending& each) { return each.due_ms <= now; };
    if (std::ranges::none_of(later_, due)) return;
    connections use;
    auto seeds = database_.open_seeds();
    if (!seeds) return; // the health check tells about the store
    use.seeds = std::move(*seeds);
    for (pending& each : later_) {
        if (!due(each)) continue;
        if (!seed(each, use)) {
            each.due_ms = ++each.failures < attempts_max ? now + soon_ms : over;
            continue;
        }
        // What was open has ended by the time that any hold expires.
        each.due_ms = each.open && !each.last ? now + limits::reservation_ttl_ms + limits::sweep_interval_ms : over;
        each.last = true;
    }
    std::erase_if(later_, [](const pending& each) { return each.due_ms == over; });
}

}
