#include <tollgate/daemon/stores.hpp>

#include <tollgate/daemon/open_store.hpp>
#include <tollgate/daemon/system_clock.hpp>
#include <tollgate/store/run_ops.hpp>

namespace tollgate {

namespace {

constexpr std::size_t grants_a_batch = 200;

template <class T>
T must(store_result<T> value, const std::string& what) {
    if (value) return std::move(*value);
    const std::string text = what + ": " + value.error().detail;
    if (value.error().fault == store_fault::corrupt) throw std::runtime_error(text);
    throw store_unreachable(text);
}

void migrate(store::database& database, bool allowed) {
    if (allowed) {
        must(database.migrate(), "migrations of " + database.description());
        return;
    }
    const int pending = must(database.pending(), "the store " + database.description());
    if (pending > 0)
        throw std::runtime_error(std::to_string(pending) + " migrations are pending and store.migrate is false; run "
                                                           "`tollgate migrate` first");
}

ledger::op opening_grant(const policy::tenant_policy& policy, ports::rng& random) {
    ledger::move_op op;
    op.tenant = policy.tenant;
    op.idempotency_key = "opening";
    op.kind = ledger::movement::opening;
    op.amount = *policy.prepaid_opening;
    op.reason = "prepaid_balance_usd of policy " + policy.version;
    op.actor = "policy";
    op.transaction = request_id::make(wall_clock_now().ms(), static_cast<std::uint16_t>(random.next()), random.next());
    return op;
}

using policies = std::vector<std::shared_ptr<const policy::tenant_policy>>;

policies new_policies(const policy::policy_set& next, const policy::policy_set* before) {
    policies out;
    for (const auto& [tenant, policy] : next.tenants) {
        const policy::tenant_policy* old = before ? before->find(tenant) : nullptr;
        if (!old || old->version != policy->version || old->hash != policy->hash) out.push_back(policy);
    }
    return out;
}

std::expected<void, adopt_failure> remember(const policies& fresh,
                                            const std::function<std::string(const tenant_id&)>& content_of,
                                            store::key_store& keys) {
    std::vector<store::policy_version> rows;
    for (const auto& policy : fresh)
        rows.push_back({policy->tenant, policy->version, policy->hash, content_of(policy->tenant), {}});
    const auto known = keys.remember_policies(rows);
    if (!known) return std::unexpected(adopt_failure{"policy versions: " + known.error().detail, true});
    for (std::size_t i = 0; i < rows.size(); ++i)
        if ((*known)[i] != rows[i].hash)
            return std::unexpected(
                adopt_failure{"the policy of tenant " + rows[i].tenant +
                              " is not what the store has under policy_version " + rows[i].version +
                              ": a version names one content for ever. Give the changed policy a new "
                              "policy_version, or put the old content back"});
    return {};
}

std::expected<void, adopt_failure> credit_openings(const policies& fresh, store::ledger_store& ledger) {
    system_rng random;
    std::vector<ledger::op> ops;
    const auto flush = [&]() -> std::expected<void, adopt_failure> {
        auto done = store::run_ops(ledger, ops);
        ops.clear();
        if (!done) return std::unexpected(adopt_failure{"opening grants: " + done.error().detail, true});
        return {};
    };
    for (const auto& policy : fresh) {
        if (!policy->prepaid_opening || *policy->prepaid_opening <= usd_nano()) continue;
        ops.push_back(opening_grant(*policy, random));
        if (ops.size() < grants_a_batch) continue;
        if (auto done = flush(); !done) return done;
    }
    return ops.empty() ? std::expected<void, adopt_failure>() : flush();
}

}

stores open_stores(const config::settings& settings, std::size_t readers) {
    stores all;
    all.database = open_store(settings.store.url);
    migrate(*all.database, settings.store.migrate);
    const std::string what = "the store " + all.database->description();
    all.writer = must(all.database->open_ledger(), what);
    all.sweeper = must(all.database->open_ledger(), what);
    all.reload_ledger = must(all.database->open_ledger(), what);
    all.health = must(all.database->open_keys(), what);
    all.keys = must(all.database->open_keys(), what);
    all.retry_blocks = must(all.database->open_retry_blocks(), what);
    all.key_poller = must(all.database->open_keys(), what);
    all.prices = must(all.database->open_prices(), what);
    for (std::size_t i = 0; i < readers; ++i) {
        all.key_readers.push_back(must(all.database->open_keys(), what));
        all.accounts.push_back(must(all.database->open_accounts(), what));
    }
    return all;
}

std::expected<void, adopt_failure> adopt(const policy::policy_set& next,
                                         const std::function<std::string(const tenant_id&)>& content_of,
                                         store::key_store& keys, store::ledger_store& ledger,
                                         const policy::policy_set* before) {
    const policies fresh = new_policies(next, before);
    if (auto done = remember(fresh, content_of, keys); !done) return done;
    return credit_openings(fresh, ledger);
}

}
