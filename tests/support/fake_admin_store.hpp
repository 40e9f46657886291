#pragma once

// An admin store in memory over the rows of fake_key_store: a transaction works on the rows and puts them back when it
// is rolled back.

#include "fake_key_store.hpp"

#include <tollgate/store/claims.hpp>

namespace tollgate::test {

struct admin_rows {
    std::map<std::pair<std::string, std::string>, store::admin_claim_row> claims; // by actor and key
};

class fake_admin_store final : public store::admin_store {
public:
    fake_admin_store(std::shared_ptr<key_rows> rows, std::shared_ptr<admin_rows> more)
        : rows_(std::move(rows)), more_(std::move(more)) {}
    explicit fake_admin_store(std::shared_ptr<key_rows> rows)
        : fake_admin_store(std::move(rows), std::make_shared<admin_rows>()) {}

    store_result<store::claim_answer> claim(const store::request_claim& asked) override {
        if (rows_->down) return away();
        const auto at = more_->claims.try_emplace({asked.actor, asked.key},
                                                  store::admin_claim_row{asked.fingerprint, asked.claim, {}, {}});
        return store::judge(at.first->second, asked);
    }
    store_result<void> unclaim(const store::request_claim& asked) override {
        const auto at = more_->claims.find({asked.actor, asked.key});
        if (at != more_->claims.end() && !at->second.status) more_->claims.erase(at);
        return {};
    }
    store_result<bool> finish(const store::request_claim& claimed, int status, const std::string& answer) override {
        store::admin_claim_row& row = more_->claims[{claimed.actor, claimed.key}];
        if (row.claim != claimed.claim) return false;
        row.status = status;
        row.answer = answer;
        return true;
    }

    store_result<void> begin() override {
        if (rows_->down) return away();
        before_.emplace(saved{rows_->rows, rows_->flags, rows_->published, rows_->versions, rows_->audits, *more_});
        return {};
    }
    store_result<void> commit() override {
        before_.reset();
        return {};
    }
    void rollback() override {
        rows_->rows = before_->keys;
        rows_->flags = before_->flags;
        rows_->published = before_->published;
        rows_->versions = before_->versions;
        rows_->audits = before_->audits;
        *more_ = before_->more;
        before_.reset();
    }
    store_result<std::optional<store::key_row>> key(const key_id& id) override { return find(rows_->rows, id); }
    store_result<void> create_key(const store::key_row& row) override { return put(row); }
    store_result<void> update_key(const store::key_row& row) override { return put(row); }
    store_result<std::string> tenant_status(const tenant_id& tenant) override {
        const auto at = rows_->flags.find(tenant);
        return at == rows_->flags.end() ? std::string() : at->second.status;
    }
    store_result<void> set_tenant_status(const tenant_id& tenant, const std::string& status) override {
        rows_->flags[tenant] = {tenant, status, ++rows_->revision};
        return {};
    }
    store_result<std::optional<store::policy_version>> version_of(const tenant_id& tenant,
                                                                  const std::string& version) override {
        return find(rows_->versions, std::pair(tenant, version));
    }
    store_result<void> add_version(const store::policy_version& row) override {
        rows_->versions.try_emplace({row.tenant, row.version}, row);
        return {};
    }
    store_result<std::optional<store::published_policy>> published(const tenant_id& tenant) override {
        return find(rows_->published, tenant);
    }
    store_result<void> publish(const store::published_policy& row) override {
        rows_->published[row.tenant] = row;
        rows_->published[row.tenant].revision = ++rows_->revision;
        return {};
    }
    store_result<void> audit(const store::audit_row& row) override {
        rows_->audits.push_back(row);
        return {};
    }

    store_result<std::vector<store::key_row>> keys(const tenant_id& tenant, const key_id& after,
                                                   std::size_t count) override {
        if (rows_->down) return away();
        std::vector<store::key_row> out;
        for (const auto& [id, row] : rows_->rows)
            if (id > after && (tenant.empty() || row.tenant == tenant) && out.size() < count) out.push_back(row);
        return out;
    }
    store_result<std::vector<store::tenant_flag>> flags(std::size_t count) override {
        std::vector<store::tenant_flag> out;
        for (const auto& [tenant, flag] : rows_->flags)
            if (!flag.status.empty() && out.size() < count) out.push_back(flag);
        return out;
    }
    store_result<std::vector<store::policy_version>> versions(const tenant_id& tenant, std::size_t count) override {
        std::vector<store::policy_version> out;
        for (const auto& [name, row] : rows_->versions)
            if (row.tenant == tenant && out.size() < count) out.push_back(row);
        std::ranges::reverse(out);
        return out;
    }
    store_result<std::vector<store::audit_entry>> audits(const store::audit_query& asked) override {
        std::vector<store::audit_entry> out;
        std::size_t place = asked.after.empty() ? rows_->audits.size() : std::stoull(asked.after);
        for (; place > 0 && out.size() < asked.count; --place) {
            const store::audit_row& row = rows_->audits[place - 1];
            if (asked.subject.empty() || row.subject == asked.subject)
                out.push_back({std::to_string(place - 1), instant{1}, row});
        }
        return out;
    }

private:
    struct saved {
        std::map<key_id, store::key_row> keys;
        std::map<tenant_id, store::tenant_flag> flags;
        std::map<tenant_id, store::published_policy> published;
        std::map<std::pair<tenant_id, std::string>, store::policy_version> versions;
        std::vector<store::audit_row> audits;
        admin_rows more;
    };
    static std::unexpected<store_error> away() {
        return std::unexpected(store_error{store_fault::unavailable, "the fake is down"});
    }
    template <class Map, class Key>
    static std::optional<typename Map::mapped_type> find(const Map& map, const Key& key) {
        const auto at = map.find(key);
        if (at == map.end()) return std::nullopt;
        return at->second;
    }
    store_result<void> put(const store::key_row& row) {
        if (rows_->down) return away();
        const std::lock_guard lock(rows_->mutex);
        rows_->rows[row.id] = row;
        rows_->rows[row.id].revision = ++rows_->revision;
        return {};
    }

    std::shared_ptr<key_rows> rows_;
    std::shared_ptr<admin_rows> more_;
    std::optional<saved> before_;
};

}
