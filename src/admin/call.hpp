#pragma once

// One call of the admin API as its handler sees it, and what it answers. Handlers block: they run on the pool.

#include <tollgate/admin/problem.hpp>
#include <tollgate/admin/sources.hpp>
#include <tollgate/app/query.hpp>
#include <tollgate/keys/key_admin.hpp>
#include <tollgate/store/account_store.hpp>
#include <tollgate/store/admin_store.hpp>
#include <tollgate/store/ledger_store.hpp>

#include <nlohmann/json.hpp>

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::admin {

using json = nlohmann::ordered_json;

// Connections of one call's own, opened when first used and kept for later calls.
class hands {
public:
    hands(store::database& database, const admin_work& work) : database_(database), work_(work) {}

    std::expected<store::admin_store*, problem> admin();
    std::expected<store::account_store*, problem> accounts();
    std::expected<store::ledger_store*, problem> ledger();
    const admin_work& work() const { return work_; }

private:
    store::database& database_;
    const admin_work& work_;
    std::unique_ptr<store::admin_store> admin_;
    std::unique_ptr<store::account_store> accounts_;
    std::unique_ptr<store::ledger_store> ledger_;
};

struct call {
    std::string method, path, query, body;
    std::vector<std::string> taken; // what stands at the pattern's {places}, decoded
    std::string actor;              // the token's name
    std::string idempotency_key;    // of a change
    instant now;
    std::shared_ptr<const app::configuration> config;
    const admin_sources* use = nullptr;
};

struct answer {
    int status = 200;
    std::string body;
    std::optional<std::string> kept =
        std::nullopt; // for repetitions, when that is not the body: a secret is shown once
    std::string_view type = "application/json";
};
using answered = std::expected<answer, problem>;

// ---- problems ----
problem no_such(const std::string& what); // 404
problem bad_request(std::string detail);  // 400
problem conflict(std::string code, std::string title, std::string detail);
problem store_problem(const store_error& why); // 503, or 500 for a damaged row
problem problem_of(const error& why);          // of keys/ and the like

// ---- requests ----
// The query, strictly: unknown names are problems.
std::expected<app::parameters, problem> read_query(const call& c, std::span<const std::string_view> known);

struct page {
    std::size_t limit = 0;
    std::string after; // empty: the first
};
std::expected<page, problem> read_page(const app::parameters& asked); // `limit` and `after`

// A JSON object of named members, each read once; the first thing wrong is kept.
class body_reader {
public:
    body_reader(const call& c, std::initializer_list<std::string_view> known) { read(c.body, known); }

    std::string text(std::string_view name);        // empty when absent
    std::string needed_text(std::string_view name); // absent or empty is wrong
    std::optional<instant> time(std::string_view name);
    std::optional<std::int64_t> number(std::string_view name, std::int64_t min, std::int64_t max);
    std::vector<std::string> texts(std::string_view name);
    bool is_null(std::string_view name) const; // present, and null
    bool has(std::string_view name) const { return object_.contains(name); }
    const std::optional<problem>& objection() const { return wrong_; }
    void object_to(std::string detail);

private:
    void read(const std::string& body, std::span<const std::string_view> known);

    json object_ = json::object();
    std::optional<problem> wrong_;
};

std::expected<const policy::tenant_policy*, problem> tenant_of(const call& c, const tenant_id& tenant);

// ---- answers ----
std::string dump(const json& value); // text of strangers may be no UTF-8
answer ok(const json& value, int status = 200);
json page_json(json data, const std::optional<std::string>& next);
json time_or_null(const std::optional<instant>& when);

}
