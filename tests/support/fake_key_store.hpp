#pragma once

// A key store in memory: several handles share one set of rows, as connections share a database.

#include <tollgate/store/key_store.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace tollgate::test {

struct key_rows {
    struct audit_row {
        std::string actor, what, subject, before, after;
    };
    std::mutex mutex;
    std::map<key_id, store::key_row> rows;
    std::map<std::string, std::string> secrets;
    std::vector<audit_row> audits;
    std::map<tenant_id, std::map<std::string, store::policy_version>> policies; // by version
    std::int64_t revision = 0;
    std::atomic<bool> down{false};
    std::atomic<int> reads{0};
    std::function<void()> on_read; // once, between reading a row and answering
};

class fake_key_store final : public store::key_store {
public:
    explicit fake_key_store(std::shared_ptr<key_rows> shared) : shared_(std::move(shared)) {}

    store_result<void> create(const store::key_row& row) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        store::key_row stamped = row;
        stamped.revision = ++shared_->revision;
        shared_->rows[row.id] = stamped;
        return {};
    }
    store_result<bool> update(const store::key_row& row) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        const auto at = shared_->rows.find(row.id);
        if (at == shared_->rows.end()) return false;
        at->second = row;
        at->second.revision = ++shared_->revision;
        return true;
    }
    store_result<std::optional<store::key_row>> by_hash(const store::key_hash& hash) override {
        std::optional<store::key_row> found;
        {
            const std::lock_guard lock(shared_->mutex);
            for (const auto& [id, row] : shared_->rows)
                if (row.hash == hash) found = row;
        }
        shared_->reads += 1;
        if (auto action = std::exchange(shared_->on_read, {})) action();
        if (shared_->down) return away();
        return found;
    }
    store_result<std::optional<store::key_row>> by_id(const key_id& id) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        const auto at = shared_->rows.find(id);
        if (at == shared_->rows.end()) return std::nullopt;
        return at->second;
    }
    store_result<std::vector<store::key_row>> list(const std::optional<tenant_id>& tenant) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        std::vector<store::key_row> out;
        for (const auto& [id, row] : shared_->rows)
            if (!tenant || row.tenant == *tenant) out.push_back(row);
        return out;
    }
    store_result<std::vector<store::key_row>> changed_since(std::int64_t revision, std::size_t count) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        std::vector<store::key_row> out;
        for (const auto& [id, row] : shared_->rows)
            if (row.revision > revision) out.push_back(row);
        std::ranges::sort(out, {}, &store::key_row::revision);
        if (out.size() > count) out.resize(count);
        return out;
    }
    store_result<std::int64_t> revision() override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        return shared_->revision;
    }
    store_result<std::string> secret(const std::string& name, const std::string& fresh) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        return shared_->secrets.try_emplace(name, fresh).first->second;
    }
    store_result<std::string> remember_policy(const tenant_id& tenant, const std::string& version,
                                              const std::string& hash, const std::string& content) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        auto& all = shared_->policies[tenant];
        return all.try_emplace(version, store::policy_version{version, hash, content, {}}).first->second.hash;
    }
    store_result<std::optional<store::policy_version>> remembered_policy(const tenant_id& tenant,
                                                                         const std::string& version) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        auto& all = shared_->policies[tenant];
        const auto at = all.find(version);
        if (at == all.end()) return std::nullopt;
        return at->second;
    }
    store_result<std::vector<store::policy_version>> remembered_policies(const tenant_id& tenant) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        std::vector<store::policy_version> out;
        for (const auto& [version, row] : shared_->policies[tenant]) out.push_back(row);
        return out;
    }
    store_result<void> audit(const std::string& actor, const std::string& what, const std::string& subject,
                             const std::string& before, const std::string& after) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        shared_->audits.push_back({actor, what, subject, before, after});
        return {};
    }

private:
    static std::unexpected<store_error> away() {
        return std::unexpected(store_error{store_fault::unavailable, "the fake is down"});
    }
    std::shared_ptr<key_rows> shared_;
};

}
