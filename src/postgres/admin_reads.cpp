#include "admin.hpp"

#include "key_statements.hpp"

#include <algorithm>
#include <charconv>

namespace tollgate::postgres {

namespace {

// "MICROSECONDS.UUID": the list's order is by time, then by id.
struct audit_place {
    instant at{INT64_MAX / 2};
    std::string id = "ffffffff-ffff-ffff-ffff-ffffffffffff";
};

bool is_uuid(std::string_view text) {
    const auto fits = [](char c) { return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 36 && std::ranges::all_of(text, fits);
}

audit_place parse_place(std::string_view text) {
    audit_place out;
    if (text.empty()) return out;
    const std::size_t dot = text.find('.');
    const auto read = std::from_chars(text.data(), text.data() + std::min(dot, text.size()), out.at.us);
    if (dot != std::string_view::npos && read.ec == std::errc() && is_uuid(text.substr(dot + 1)))
        out.id = text.substr(dot + 1);
    else
        out.at = instant{0}; // no place of ours: behind the last
    return out;
}

constexpr instant far_past{0}, far_future{4'102'444'800'000'000}; // 2100

}

store_result<std::vector<store::key_row>> admin::keys(const tenant_id& tenant, const key_id& after, std::size_t count) {
    std::vector<store::key_row> rows;
    scalars values;
    values.text(after).text(tenant).number(static_cast<std::int64_t>(count));
    const auto done = ask(select_keys("WHERE id > $1 AND ($2 = '' OR tenant = $2) ORDER BY id LIMIT $3::bigint"),
                          values, [&](reader& in) { rows.push_back(store::take_key(in)); });
    if (!done) return std::unexpected(done.error());
    return rows;
}

store_result<std::vector<store::tenant_flag>> admin::flags(std::size_t count) {
    std::vector<store::tenant_flag> all;
    scalars values;
    values.number(static_cast<std::int64_t>(count));
    const auto done = ask("SELECT tenant, status, revision FROM tenant_flags WHERE status <> '' ORDER BY tenant "
                          "LIMIT $1::bigint",
                          values, [&](reader& in) { all.push_back(take_flag(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
}

store_result<std::vector<store::policy_version>> admin::versions(const tenant_id& tenant, std::size_t count) {
    std::vector<store::policy_version> all;
    scalars values;
    values.text(tenant).number(static_cast<std::int64_t>(count));
    const auto done = ask("SELECT tenant, version, hash, '', seen FROM policy_versions WHERE tenant = $1 "
                          "ORDER BY seen DESC, version DESC LIMIT $2::bigint",
                          values, [&](reader& in) { all.push_back(store::take_version(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
}

store_result<std::vector<store::audit_entry>> admin::audits(const store::audit_query& asked) {
    const audit_place before = parse_place(asked.after);
    scalars values;
    values.time(std::min(before.at, far_future)).text(before.id).time(asked.from.value_or(far_past));
    values.time(asked.to.value_or(far_future)).text(asked.subject).number(static_cast<std::int64_t>(asked.count));
    std::vector<store::audit_entry> all;
    const auto done =
        ask("SELECT id::text, at, actor, what, subject, before, after FROM audit_log "
            "WHERE (at, id) < ($1, $2::text::uuid) AND at >= $3 AND at < $4 AND ($5 = '' OR subject = $5) "
            "ORDER BY at DESC, id DESC LIMIT $6::bigint",
            values, [&](reader& in) {
                store::audit_entry& entry = all.emplace_back();
                const std::string id = in.text();
                entry.at = in.time();
                entry.place = std::to_string(entry.at.us) + "." + id;
                for (std::string* text :
                     {&entry.row.actor, &entry.row.what, &entry.row.subject, &entry.row.before, &entry.row.after})
                    *text = in.text();
            });
    if (!done) return std::unexpected(done.error());
    return all;
}

}
