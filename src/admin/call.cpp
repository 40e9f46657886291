#include "call.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace tollgate::admin {

namespace {

template <class Store>
std::expected<Store*, problem> opened(std::unique_ptr<Store>& kept,
                                      store_result<std::unique_ptr<Store>> (store::database::*open)(),
                                      store::database& from) {
    if (kept) return kept.get();
    auto made = (from.*open)();
    if (!made) return std::unexpected(store_problem(made.error()));
    kept = std::move(*made);
    return kept.get();
}

problem make(int status, std::string code, std::string title, std::string detail) {
    problem out;
    out.status = status;
    out.code = std::move(code);
    out.title = std::move(title);
    out.detail = std::move(detail);
    return out;
}

}

std::expected<store::admin_store*, problem> hands::admin() {
    return opened(admin_, &store::database::open_admin, database_);
}
std::expected<store::account_store*, problem> hands::accounts() {
    return opened(accounts_, &store::database::open_accounts, database_);
}
std::expected<store::ledger_store*, problem> hands::ledger() {
    return opened(ledger_, &store::database::open_ledger, database_);
}

problem no_such(const std::string& what) {
    return make(404, "not_found", "There is no such thing", "There is no " + what + ".");
}

problem bad_request(std::string detail) {
    return make(400, "invalid_request", "The request cannot be understood", std::move(detail));
}

problem conflict(std::string code, std::string title, std::string detail) {
    return make(409, std::move(code), std::move(title), std::move(detail));
}

problem store_problem(const store_error& why) {
    if (why.fault == store_fault::corrupt)
        return make(500, "store_damaged", "The store has a row that cannot be", why.detail);
    problem out = make(503, "store_unavailable", "The store does not answer", why.detail);
    out.fields.emplace_back("retry-after", "1");
    return out;
}

problem problem_of(const error& why) {
    switch (why.code) {
    case errc::path_not_found: return make(404, "not_found", "There is no such thing", why.detail);
    case errc::ledger_unavailable: return store_problem({store_fault::unavailable, why.detail});
    default: return bad_request(why.detail);
    }
}

std::expected<app::parameters, problem> read_query(const call& c, std::span<const std::string_view> known) {
    auto read = app::parameters::read(c.query, known);
    if (!read) return std::unexpected(bad_request(read.error().message));
    return std::move(*read);
}

std::expected<page, problem> read_page(const app::parameters& asked) {
    page out{limits::admin_page_rows_default, std::string(asked.find("after").value_or(""))};
    const auto text = asked.find("limit");
    if (!text) return out;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), out.limit);
    if (read.ptr != text->data() + text->size() || out.limit == 0 || out.limit > limits::admin_page_rows_max)
        return std::unexpected(bad_request("The parameter limit is not a whole number from 1 to " +
                                           std::to_string(limits::admin_page_rows_max) + "."));
    return out;
}

void body_reader::read(const std::string& body, std::span<const std::string_view> known) {
    if (body.empty()) return; // as {}
    std::set<std::string> seen;
    std::string twice;
    const auto watch = [&](int depth, json::parse_event_t event, const json& part) {
        const bool member = event == json::parse_event_t::key && depth == 1;
        if (member && !seen.insert(part.get<std::string>()).second) twice = part.get<std::string>();
        return true;
    };
    json all = json::parse(body, watch, false);
    if (all.is_discarded()) return object_to("The body is not JSON.");
    if (!twice.empty()) return object_to("The member \"" + twice.substr(0, 64) + "\" stands twice in the body.");
    if (!all.is_object()) return object_to("The body is not a JSON object.");
    for (const auto& [name, value] : all.items()) {
        if (std::ranges::find(known, std::string_view(name)) != known.end()) continue;
        std::string names;
        for (const std::string_view each : known) names.append(names.empty() ? "" : ", ").append(each);
        return object_to("The body has a member \"" + name.substr(0, 64) +
                         "\", which is not known here. Known are: " + (names.empty() ? "none" : names) + ".");
    }
    object_ = std::move(all);
}

void body_reader::object_to(std::string detail) {
    if (!wrong_) wrong_ = bad_request(std::move(detail));
}

bool body_reader::is_null(std::string_view name) const {
    const auto at = object_.find(name);
    return at != object_.end() && at->is_null();
}

std::string body_reader::text(std::string_view name) {
    const auto at = object_.find(name);
    if (at == object_.end() || at->is_null()) return {};
    if (at->is_string()) return at->get<std::string>();
    object_to("The member \"" + std::string(name) + "\" must be a string.");
    return {};
}

std::string body_reader::needed_text(std::string_view name) {
    std::string value = text(name);
    if (value.empty()) object_to("The member \"" + std::string(name) + "\" is missing or empty.");
    return value;
}

std::optional<instant> body_reader::time(std::string_view name) {
    const std::string value = text(name);
    if (value.empty()) return std::nullopt;
    const auto when = parse_rfc3339(value);
    if (!when)
        object_to("The member \"" + std::string(name) +
                  "\" is neither a date (2026-07-01) nor a time (2026-07-01T00:00:00Z).");
    return when;
}

std::optional<std::int64_t> body_reader::number(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto at = object_.find(name);
    if (at == object_.end() || at->is_null()) return std::nullopt;
    if (at->is_number_integer() && at->get<std::int64_t>() >= min && at->get<std::int64_t>() <= max)
        return at->get<std::int64_t>();
    object_to("The member \"" + std::string(name) + "\" must be a whole number from " + std::to_string(min) + " to " +
              std::to_string(max) + ".");
    return std::nullopt;
}

std::vector<std::string> body_reader::texts(std::string_view name) {
    std::vector<std::string> out;
    const auto at = object_.find(name);
    if (at == object_.end() || at->is_null()) return out;
    const bool fits = at->is_array() && std::ranges::all_of(*at, [](const json& one) { return one.is_string(); });
    if (!fits) {
        object_to("The member \"" + std::string(name) + "\" must be a list of strings.");
        return out;
    }
    for (const json& one : *at) out.push_back(one.get<std::string>());
    return out;
}

std::expected<const policy::tenant_policy*, problem> tenant_of(const call& c, const tenant_id& tenant) {
    const policy::tenant_policy* found = c.config->policies->find(tenant);
    if (found == nullptr)
        return std::unexpected(no_such("tenant " + tenant + ": it has neither a policy file nor a published policy"));
    return found;
}

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

answer ok(const json& value, int status) { return {status, dump(value)}; }

json page_json(json data, const std::optional<std::string>& next) {
    json out;
    out["data"] = std::move(data);
    out["next"] = next ? json(*next) : json();
    return out;
}

json time_or_null(const std::optional<instant>& when) { return when ? json(to_rfc3339(*when)) : json(); }

}
