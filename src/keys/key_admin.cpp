#include <tollgate/keys/key_admin.hpp>

#include <tollgate/core/json_writer.hpp>
#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace tollgate::keys {

namespace {

constexpr std::size_t models_max = 256; // of one key

error store_failure(const store_error& why) { return {errc::ledger_unavailable, why.detail}; }

bool is_tag(std::string_view text) {
    const auto printable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    return text.size() <= limits::attribution_bytes_max && std::ranges::all_of(text, printable);
}

result<void> check(const key_request& asked, instant now) {
    if (asked.tenant.empty()) return fail(errc::invalid_request, "a key needs a tenant");
    const std::pair<const char*, const std::string*> tags[] = {
        {"tenant", &asked.tenant},   {"label", &asked.label}, {"workspace", &asked.workspace},
        {"feature", &asked.feature}, {"agent", &asked.agent}, {"environment", &asked.environment}};
    const std::string rule =
        " must be at most " + std::to_string(limits::attribution_bytes_max) + " printable characters";
    for (const auto& [name, value] : tags)
        if (!is_tag(*value)) return fail(errc::invalid_request, name + rule);
    if (asked.models.size() > models_max)
        return fail(errc::invalid_request, "a key names at most " + std::to_string(models_max) + " models");
    for (const std::string& model : asked.models)
        if (model.empty() || !is_tag(model)) return fail(errc::invalid_request, "a model of the key" + rule);
    if (asked.expires && *asked.expires <= now) return fail(errc::invalid_request, "the key would be expired already");
    return {};
}

void time_member(json_writer& w, std::string_view name, const std::optional<instant>& when) {
    if (when) w.member(name, to_rfc3339(*when));
}

}

std::string_view state_of(const store::key_row& row, instant now) {
    if (row.revoked) return "revoked";
    if (row.expires && *row.expires <= now) return "expired";
    return row.replaced_by.empty() ? "active" : "expiring";
}

std::string describe(const store::key_row& row, instant now) {
    std::string out;
    json_writer w(out);
    w.begin_object().member("id", row.id).member("tenant", row.tenant).member("state", state_of(row, now));
    w.optional_member("label", row.label).optional_member("workspace", row.workspace);
    w.optional_member("feature", row.feature).optional_member("agent", row.agent);
    w.optional_member("environment", row.environment);
    if (!row.models.empty()) {
        w.key("models").begin_array();
        for (const std::string& model : row.models) w.text(model);
        w.end_array();
    }
    w.member("hint", "..." + row.hint).member("created", to_rfc3339(row.created));
    time_member(w, "expires", row.expires);
    time_member(w, "revoked", row.revoked);
    w.optional_member("replaced_by", row.replaced_by);
    w.end_object();
    return out;
}

key_admin::key_admin(store::admin_store& store, const key_hasher& hash, std::function<instant()> now,
                     std::string prefix)
    : store_(store), hash_(hash), now_(std::move(now)), prefix_(std::move(prefix)) {}

result<issued_key> key_admin::create(const key_request& asked, const std::string& actor) {
    if (auto fine = check(asked, now_()); !fine) return std::unexpected(fine.error());
    store::key_row row;
    row.tenant = asked.tenant;
    row.label = asked.label;
    row.workspace = asked.workspace;
    row.feature = asked.feature;
    row.agent = asked.agent;
    row.environment = asked.environment;
    row.models = asked.models;
    row.expires = asked.expires;
    return issue(std::move(row), "key.create", actor);
}

result<issued_key> key_admin::issue(store::key_row row, const char* what, const std::string& actor) {
    issued_key out;
    out.secret = make_secret(prefix_);
    row.id = make_key_id();
    if (row.family.empty()) row.family = row.id; // a rotation carries the old one's
    row.hash = hash_(out.secret);
    row.hint = hint_of(out.secret);
    row.created = now_();
    if (auto made = store_.create_key(row); !made) return std::unexpected(store_failure(made.error()));
    const store::audit_row told{actor, what, row.id, "", describe(row, row.created)};
    if (auto noted = store_.audit(told); !noted) return std::unexpected(store_failure(noted.error()));
    out.row = std::move(row);
    return out;
}

result<issued_key> key_admin::rotate(const key_id& id, std::uint32_t grace_ms, const std::string& actor) {
    auto old = show(id);
    if (!old) return std::unexpected(old.error());
    const instant now = now_();
    if (!old->replaced_by.empty())
        return fail(errc::invalid_request, "key " + id + " has been rotated already, into " + old->replaced_by);
    if (state_of(*old, now) != "active")
        return fail(errc::invalid_request, "key " + id + " is " + std::string(state_of(*old, now)));

    store::key_row fresh = *old;
    fresh.revision = 0;
    auto issued = issue(std::move(fresh), "key.create", actor); // before the old one ends
    if (!issued) return issued;
    store::key_row ending = *old;
    ending.replaced_by = issued->row.id;
    const instant end{now.us + std::int64_t{grace_ms} * 1000};
    ending.expires = std::min(ending.expires.value_or(end), end);
    if (auto done = change(*old, ending, "key.rotate", actor); !done) return std::unexpected(done.error());
    return issued;
}

result<store::key_row> key_admin::revoke(const key_id& id, const std::string& actor) {
    auto before = show(id);
    if (!before || before->revoked) return before;
    store::key_row after = *before;
    after.revoked = now_();
    if (auto done = change(*before, after, "key.revoke", actor); !done) return std::unexpected(done.error());
    return after;
}

result<void> key_admin::change(const store::key_row& before, const store::key_row& after, const char* what,
                               const std::string& actor) {
    const instant now = now_();
    if (auto done = store_.update_key(after); !done) return std::unexpected(store_failure(done.error()));
    const store::audit_row told{actor, what, after.id, describe(before, now), describe(after, now)};
    if (auto noted = store_.audit(told); !noted) return std::unexpected(store_failure(noted.error()));
    return {};
}

result<store::key_row> key_admin::show(const key_id& id) {
    auto found = store_.key(id);
    if (!found) return std::unexpected(store_failure(found.error()));
    if (!*found && id.starts_with("key_")) return fail(errc::path_not_found, "there is no key " + id);
    if (!*found) // it may be a secret, which is repeated nowhere
        return fail(errc::path_not_found, "a key is named by its id, which begins with key_");
    return std::move(**found);
}

result<std::vector<store::key_row>> key_admin::list(const std::optional<tenant_id>& tenant) {
    std::vector<store::key_row> all;
    for (;;) {
        const key_id after = all.empty() ? key_id() : all.back().id;
        auto page = store_.keys(tenant.value_or(""), after, limits::store_page_rows_max);
        if (!page) return std::unexpected(store_failure(page.error()));
        const bool last = page->size() < limits::store_page_rows_max;
        std::ranges::move(*page, std::back_inserter(all));
        if (last) break;
    }
    std::ranges::sort(all, {}, [](const store::key_row& row) { return std::tie(row.tenant, row.created, row.id); });
    return all;
}

store_result<std::string> pepper_of(store::key_store& store, const std::string& configured) {
    if (!configured.empty()) return configured;
    return store.secret("key_pepper", make_pepper());
}

}
