#include "admin.hpp"

#include "key_statements.hpp"

#include <charconv>

namespace tollgate::sqlite {

store_result<std::vector<store::key_row>> admin::keys(const tenant_id& tenant, const key_id& after, std::size_t count) {
    static const std::string all = select_from("api_keys", store::key_columns, "WHERE id > ? ORDER BY id LIMIT ?");
    static const std::string some =
        select_from("api_keys", store::key_columns, "WHERE id > ? AND tenant = ? ORDER BY id LIMIT ?");
    std::vector<store::key_row> rows;
    binder& out = db_->prepare(tenant.empty() ? all : some).text(after);
    if (!tenant.empty()) out.text(tenant);
    out.number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) { rows.push_back(store::take_key(in)); });
    return judged(std::move(rows));
}

store_result<std::vector<store::tenant_flag>> admin::flags(std::size_t count) {
    std::vector<store::tenant_flag> all;
    db_->prepare("SELECT tenant, status, revision FROM tenant_flags WHERE status <> '' ORDER BY tenant LIMIT ?")
        .number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) {
        store::tenant_flag& flag = all.emplace_back();
        flag.tenant = in.text();
        flag.status = in.text();
        flag.revision = in.number();
    });
    return judged(std::move(all));
}

store_result<std::vector<store::policy_version>> admin::versions(const tenant_id& tenant, std::size_t count) {
    std::vector<store::policy_version> all;
    db_->prepare("SELECT tenant, version, hash, '', seen FROM policy_versions WHERE tenant = ? "
                 "ORDER BY seen DESC, version DESC LIMIT ?")
        .text(tenant)
        .number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) { all.push_back(store::take_version(in)); });
    return judged(std::move(all));
}

// Rows are numbered as they are written, so their number is their place in the list.
store_result<std::vector<store::audit_entry>> admin::audits(const store::audit_query& asked) {
    std::int64_t before = INT64_MAX;
    const char* end = asked.after.data() + asked.after.size();
    if (!asked.after.empty() && std::from_chars(asked.after.data(), end, before).ptr != end) before = 0;
    std::vector<store::audit_entry> all;
    db_->prepare("SELECT id, at, actor, what, subject, before, after FROM audit_log WHERE id < ? AND at >= ? AND "
                 "at < ? AND (? = '' OR subject = ?) ORDER BY id DESC LIMIT ?")
        .number(before)
        .time(asked.from.value_or(instant{0}))
        .time(asked.to.value_or(instant{INT64_MAX}))
        .text(asked.subject)
        .text(asked.subject)
        .number(static_cast<std::int64_t>(asked.count));
    db_->each([&](reader& in) {
        store::audit_entry& entry = all.emplace_back();
        entry.place = std::to_string(in.number());
        entry.at = in.time();
        for (std::string* text :
             {&entry.row.actor, &entry.row.what, &entry.row.subject, &entry.row.before, &entry.row.after})
            *text = in.text();
    });
    return judged(std::move(all));
}

}
