// /admin/v1/keys
#include "routes.hpp"

#include <tollgate/core/limits.hpp>

#include <charconv>

namespace tollgate::admin {

namespace {

// Inside the transaction of the change.
std::expected<keys::key_admin, problem> key_admin_of(const call& c, hands& h) {
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    return keys::key_admin(**store, h.work().hasher, [now = c.now] { return now; }, h.work().key_prefix);
}

json key_json(const store::key_row& row, instant now) { return json::parse(keys::describe(row, now)); }

// The secret is in the first answer alone; nobody, the store included, has it afterwards.
answer issued(const keys::issued_key& made, json shown) {
    answer out;
    out.status = 201;
    json without = shown;
    without["secret"] = nullptr;
    without["secret_note"] = "The secret was shown once, in the first answer. Rotate the key if it is lost.";
    out.kept = dump(without);
    shown["secret"] = made.secret;
    out.body = dump(shown);
    return out;
}

std::optional<problem> may_have_key(const call& c, const keys::key_request& asked) {
    if (auto tenant = tenant_of(c, asked.tenant); !tenant) {
        problem out = bad_request(tenant.error().detail);
        out.code = "unknown_tenant";
        return out;
    }
    for (const std::string& model : asked.models)
        if (c.config->catalog->find(model) == nullptr)
            return bad_request("The model " + model.substr(0, 128) +
                               " is not in the catalogue. \"models\" takes the names that clients ask for.");
    return std::nullopt;
}

// "24h", "30m", "90s", "1500ms", "0s".
std::optional<std::uint32_t> parse_grace(std::string_view text) {
    struct unit {
        std::string_view name;
        std::uint64_t ms;
    };
    static constexpr unit units[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
    std::uint64_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc() || count > limits::rotate_grace_ms_max) return std::nullopt;
    const std::string_view rest(read.ptr, static_cast<std::size_t>(text.data() + text.size() - read.ptr));
    for (const unit& each : units)
        if (each.name == rest && count * each.ms <= limits::rotate_grace_ms_max)
            return static_cast<std::uint32_t>(count * each.ms);
    return std::nullopt;
}

}

answered list_keys(const call& c, hands& h) {
    static constexpr std::string_view known[] = {"tenant", "limit", "after"};
    const auto asked = read_query(c, known);
    if (!asked) return std::unexpected(asked.error());
    const auto wanted = read_page(*asked);
    if (!wanted) return std::unexpected(wanted.error());
    auto store = h.admin();
    if (!store) return std::unexpected(store.error());
    const auto rows = (*store)->keys(std::string(asked->find("tenant").value_or("")), wanted->after, wanted->limit);
    if (!rows) return std::unexpected(store_problem(rows.error()));
    json data = json::array();
    for (const store::key_row& row : *rows) data.push_back(key_json(row, c.now));
    const bool more = rows->size() == wanted->limit;
    return ok(page_json(std::move(data), more ? std::optional(rows->back().id) : std::nullopt));
}

answered show_key(const call& c, hands& h) {
    auto keys = key_admin_of(c, h);
    if (!keys) return std::unexpected(keys.error());
    const auto row = keys->show(c.taken[0]);
    if (!row) return std::unexpected(problem_of(row.error()));
    return ok(key_json(*row, c.now));
}

answered create_key(const call& c, hands& h) {
    body_reader body(c, {"tenant", "label", "workspace", "feature", "agent", "environment", "models", "expires"});
    keys::key_request asked;
    asked.tenant = body.needed_text("tenant");
    asked.label = body.text("label");
    asked.workspace = body.text("workspace");
    asked.feature = body.text("feature");
    asked.agent = body.text("agent");
    asked.environment = body.text("environment");
    asked.models = body.texts("models");
    asked.expires = body.time("expires");
    if (body.objection()) return std::unexpected(*body.objection());
    if (auto wrong = may_have_key(c, asked)) return std::unexpected(*wrong);
    auto keys = key_admin_of(c, h);
    if (!keys) return std::unexpected(keys.error());
    const auto made = keys->create(asked, c.actor);
    if (!made) return std::unexpected(problem_of(made.error()));
    return issued(*made, key_json(made->row, c.now));
}

answered revoke_key(const call& c, hands& h) {
    const body_reader body(c, {});
    if (body.objection()) return std::unexpected(*body.objection());
    auto keys = key_admin_of(c, h);
    if (!keys) return std::unexpected(keys.error());
    const auto row = keys->revoke(c.taken[0], c.actor);
    if (!row) return std::unexpected(problem_of(row.error()));
    return ok(key_json(*row, c.now));
}

answered rotate_key(const call& c, hands& h) {
    body_reader body(c, {"grace"});
    const std::string text = body.text("grace");
    const auto grace = text.empty() ? std::optional(h.work().rotate_grace_ms) : parse_grace(text);
    if (!grace) body.object_to("The member \"grace\" is not a duration such as 24h, 30m or 0s, of at most 30 days.");
    if (body.objection()) return std::unexpected(*body.objection());
    auto keys = key_admin_of(c, h);
    if (!keys) return std::unexpected(keys.error());
    const auto made = keys->rotate(c.taken[0], *grace, c.actor);
    if (!made && made.error().code == errc::invalid_request)
        return std::unexpected(conflict("key_not_active", "The key cannot be rotated", made.error().detail));
    if (!made) return std::unexpected(problem_of(made.error()));
    json shown = key_json(made->row, c.now);
    shown["replaces"] = c.taken[0];
    return issued(*made, std::move(shown));
}

}
