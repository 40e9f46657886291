// tollgate decisions replay: one request, all of a range, or what another policy would have decided.
#include "decision.hpp"
#include "definitions.hpp"

#include <tollgate/app/recast.hpp>
#include <tollgate/cli/progress.hpp>
#include <tollgate/cli/table.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/openai/error_body.hpp>

#include <array>
#include <memory>

namespace tollgate::cli {

namespace {

struct replay_options {
    std::string id, policy, tenant, from, to;
};

std::string_view name_of(agreement how) {
    switch (how) {
    case agreement::agrees: return "agrees";
    case agreement::differs: return "differs";
    case agreement::no_decision: return "no_decision";
    case agreement::no_policy: return "no_policy";
    }
    return "";
}

json parsed(const std::string& text) { return text.empty() ? json() : json::parse(text, nullptr, false); }

// ---- one request ----

std::string version_of(const decision& from) {
    return from.record->policy_version.empty() ? "no policy" : "policy version " + from.record->policy_version;
}

status told(const decision& from, const comparison& found, const context& at) {
    std::ostream& out = at.world.out;
    const std::string id = from.row.id.text();
    switch (found.how) {
    case agreement::agrees:
        if (!at.json) out << id << " agrees: " << version_of(from) << " decides the same, byte for byte\n";
        return {};
    case agreement::differs:
        if (!at.json) out << json_difference(from.record->decided, found.again);
        return refuse(id + " differs: - was decided, + is what " + version_of(from) + " decides now");
    case agreement::no_decision: return refuse(id + " cannot be replayed: " + without_decision(from.row) + ".");
    case agreement::no_policy: return refuse(id + " cannot be replayed: " + from.policy.why + ".");
    }
    return {};
}

status replay_one(archive& from, const std::string& id, const context& at) {
    const auto found = read_decision(from, id);
    if (!found) return std::unexpected(found.error());
    const comparison how = compare(*found);
    if (at.json) {
        json out{{"request_id", found->row.id.text()}, {"result", name_of(how.how)}};
        out["policy_version"] = found->record ? or_null(found->record->policy_version) : json();
        out["decided"] = found->record ? parsed(found->record->decided) : json();
        out["again"] = parsed(how.again);
        print(at.world.out, out);
    }
    return told(*found, how, at);
}

// ---- under another policy ----

std::string in_words(const json& decided) {
    std::string text = decided.value("outcome", "");
    for (const char* name : {"code", "by", "model"})
        if (decided.contains(name)) text += std::string(", ") + name + " " + decided[name].get<std::string>();
    if (!decided.contains("shadow")) return text;
    return text + "; in force it would be " + in_words(decided["shadow"]);
}

void print_under(const decision& from, const policy::tenant_policy& instead, const app::under_policy& got,
                 const context& at) {
    const json then = parsed(from.record->decided), now = parsed(app::decided_json(got.what));
    if (at.json) {
        json out{{"request_id", from.row.id.text()}, {"decided", then}, {"under", now}};
        out["policy_version"] = instead.version;
        out["same"] = then == now;
        out["unknown_counters"] = got.unknown;
        return print(at.world.out, out);
    }
    at.world.out << facts_text({{"request", from.row.id.text()},
                                {"decided", in_words(then) + " (" + version_of(from) + ")"},
                                {"under " + instead.version, in_words(now)}});
    if (then != now) at.world.out << '\n' << json_difference(from.record->decided, app::decided_json(got.what));
    for (const std::string& name : got.unknown)
        at.world.out << "unknown counter: nobody read that of " << name << " then; taken as empty\n";
}

status replay_under(const replay_options& given, const context& at) {
    const auto all = load_all(at);
    if (!all) return std::unexpected(all.error());
    const auto instead = read_policy_file(given.policy, *all, at);
    if (!instead) return std::unexpected(instead.error());
    auto from = open_archive(all->settings);
    if (!from) return std::unexpected(from.error());
    const auto found = read_decision(*from, given.id);
    if (!found) return std::unexpected(found.error());
    if (!found->record) return refuse(given.id + " cannot be replayed: " + without_decision(found->row) + ".");
    const policy::tenant_policy& policy = *instead->policy;
    app::recast_outlook more(*found->record, policy, *all->catalog);
    print_under(*found, policy, app::decide_under(*found->record, found->policy.policy.get(), policy, more), at);
    if (!found->policy.why.empty()) at.world.err << "Counters are not known: " << found->policy.why << ".\n";
    return {};
}

// ---- a range ----

constexpr std::size_t shown_ids_max = 20;

struct tally {
    std::array<std::size_t, 4> of{}; // by agreement
    std::vector<std::string> differ; // the first of them
    std::string no_policy;           // why, of the first

    std::size_t count(agreement how) const { return of[static_cast<std::size_t>(how)]; }
    void add(const decision& from, agreement how) {
        of[static_cast<std::size_t>(how)] += 1;
        if (how == agreement::differs && differ.size() < shown_ids_max) differ.push_back(from.row.id.text());
        if (how == agreement::no_policy && no_policy.empty()) no_policy = from.policy.why;
    }
};

status replay_page(std::vector<ledger::usage_row> page, policy_shelf& shelf, tally& into) {
    for (ledger::usage_row& row : page) {
        decision each;
        each.row = std::move(row);
        each.record = app::read_decision(each.row.record);
        if (each.record) {
            auto policy = shelf.of(*each.record);
            if (!policy) return std::unexpected(policy.error());
            each.policy = std::move(*policy);
        }
        into.add(each, compare(each).how);
    }
    return {};
}

outcome_of<tally> replay_rows(archive& from, const store::usage_query& query, const context& at) {
    progress bar(at.world.err, at.world.err_is_terminal, "replaying");
    std::size_t expected = 0;
    if (at.world.err_is_terminal)
        if (const auto all = from.accounts->usage_groups(query, {}); all && !all->empty())
            expected = static_cast<std::size_t>(all->front().requests);
    policy_shelf shelf(*from.keys);
    tally out;
    request_id last;
    for (std::size_t done = 0;;) {
        auto page = taken(from.accounts->usage_page(query, last, limits::store_page_rows_max));
        if (!page) return std::unexpected(page.error());
        if (page->empty()) return out;
        const std::size_t size = page->size();
        last = page->back().id;
        if (auto ok = replay_page(std::move(*page), shelf, out); !ok) return std::unexpected(ok.error());
        done += size;
        bar.at(done, std::max(expected, done));
        if (size < limits::store_page_rows_max) return out;
    }
}

void print_tally(const tally& found, const context& at) {
    if (at.json) {
        json out;
        for (const agreement how :
             {agreement::agrees, agreement::differs, agreement::no_decision, agreement::no_policy})
            out[std::string(name_of(how))] = found.count(how);
        out["differing"] = found.differ;
        return print(at.world.out, out);
    }
    at.world.out << facts_text({{"agree", std::to_string(found.count(agreement::agrees))},
                                {"differ", std::to_string(found.count(agreement::differs))},
                                {"without a decision", std::to_string(found.count(agreement::no_decision))},
                                {"policy not known", std::to_string(found.count(agreement::no_policy))}});
    for (const std::string& id : found.differ) at.world.out << "differs: " << id << '\n';
}

status replay_range(archive& from, const replay_options& given, const context& at) {
    const auto begin = parse_rfc3339(given.from);
    const auto end = given.to.empty() ? std::optional(at.world.now()) : parse_rfc3339(given.to);
    if (!begin || !end) return misuse("--from and --to are times");
    if (*begin >= *end) return refuse("--from must be before --to, which is not part of the range");
    const auto found = replay_rows(from, {.tenant = given.tenant, .from = *begin, .to = *end}, at);
    if (!found) return std::unexpected(found.error());
    print_tally(*found, at);
    if (found->count(agreement::differs) > 0)
        return refuse("decisions differ from what their policy decides now; `tollgate decisions replay REQUEST_ID` "
                      "shows how");
    if (found->count(agreement::no_policy) > 0) return refuse("some cannot be replayed: " + found->no_policy);
    return {};
}

status replay(const replay_options& given, const context& at) {
    const bool range = given.id.empty();
    if (range && (given.tenant.empty() || given.from.empty()))
        return misuse("name a REQUEST_ID, or a range with --tenant and --from");
    if (!range && !(given.tenant.empty() && given.from.empty() && given.to.empty()))
        return misuse("a REQUEST_ID or a range, not both");
    if (range && !given.policy.empty())
        return misuse("--policy goes with a REQUEST_ID; for a range there is `tollgate policy simulate`");
    if (!given.policy.empty()) return replay_under(given, at);
    auto from = open_archive(at);
    if (!from) return std::unexpected(from.error());
    return range ? replay_range(*from, given, at) : replay_one(*from, given.id, at);
}

}

action define_decisions_replay(option_list& options) {
    auto given = std::make_shared<replay_options>();
    options.add("request,--request", given->id, "One request, by its id").request_id();
    options.add("--policy", given->policy, "Decide under this policy instead").type_name("FILE");
    options.add("--tenant", given->tenant, "All requests of a tenant");
    options.add("--from", given->from, "of this range: first day or moment").time();
    options.add("--to", given->to, "and day or moment after the last (now)").time();
    return [given](const context& at) { return replay(*given, at); };
}

}
