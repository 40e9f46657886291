#pragma once

// A key store in memory: several handles share one set of rows, as connections share a database.

#include <tollgate/store/audit.hpp>
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
    std::mutex mutex;
    std::map<key_id, store::key_row> rows;
    std::map<std::string, std::string> secrets;
    std::map<tenant_id, store::tenant_flag> flags;
    std::map<tenant_id, store::published_policy> published;
    std::map<std::pair<tenant_id, std::string>, store::policy_version> versions;
    std::vector<store::audit_row> audits;
    std::int64_t revision = 0;
    std::atomic<bool> down{false};
    std::atomic<int> reads{0};
    std::function<void()> on_read; // once, between reading a row and answering
};

class fake_key_store final : public store::key_store {
public:
    explicit fake_key_store(std::shared_ptr<key_rows> shared) : shared_(std::move(shared)) {}

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
    store_result<std::optional<store::policy_version>> remembered_policy(const tenant_id& tenant,
                                                                         const std::string& version) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        const auto at = shared_->versions.find({tenant, version});
        if (at == shared_->versions.end()) return std::nullopt;
        return at->second;
    }
    store_result<std::vector<store::policy_version>> remembered_policies(const tenant_id& tenant) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        std::vector<store::policy_version> out;
        for (const auto& [name, row] : shared_->versions)
            if (name.first == tenant) out.push_back(row);
        return out;
    }
    store_result<std::vector<store::tenant_flag>> flags_since(std::int64_t revision, std::size_t count) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        return newer(shared_->flags, revision, count);
    }
    store_result<std::vector<store::published_policy>> published_since(std::int64_t revision,
                                                                       std::size_t count) override {
        if (shared_->down) return away();
        const std::lock_guard lock(shared_->mutex);
        return newer(shared_->published, revision, count);
    }
    store_result<std::vector<std::string>> remember_policies(const std::vector<store::policy_version>& rows) override {
        const std::lock_guard lock(shared_->mutex);
        std::vector<std::string> hashes;
        for (const store::policy_version& row : rows)
            hashes.push_back(shared_->versions.try_emplace({row.tenant, row.version}, row).first->second.hash);
        return hashes;
    }

private:
    template <class Row>
    static std::vector<Row> newer(const std::map<tenant_id, Row>& rows, std::int64_t revision, std::size_t count) {
        std::vector<Row> out;
        for (const auto& [tenant, row] : rows)
            if (row.revision > revision) out.push_back(row);
        std::ranges::sort(out, {}, &Row::revision);
        if (out.size() > count) out.resize(count);
        return out;
    }
    static std::unexpected<store_error> away() {
        return std::unexpected(store_error{store_fault::unavailable, "the fake is down"});
    }
    std::shared_ptr<key_rows> shared_;
};

}
