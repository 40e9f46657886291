// tollgate policy simulate: recorded traffic, tenant by tenant, page by page, through new policies.
#include "definitions.hpp"
#include "json.hpp"
#include "policies.hpp"
#include "simulation_report.hpp"

#include <tollgate/app/simulation.hpp>
#include <tollgate/cli/progress.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/core/simulation_limits.hpp>

#include <memory>

namespace tollgate::cli {

namespace {

struct simulate_options {
    std::vector<std::string> policies;
    std::string from, to, tenant;
    std::size_t top = 10;
};

// One tenant's traffic and the policy it goes through.
struct task_row {
    tenant_id tenant;
    policy_ptr policy;
};

outcome_of<std::vector<task_row>> tasks_of(const simulate_options& given, const config::loaded& all,
                                           const context& at) {
    std::vector<task_row> out;
    for (const std::string& path : given.policies) {
        auto read = read_policy_file(path, all, at);
        if (!read) return std::unexpected(read.error());
        const policy_ptr& policy = read->policy;
        const bool only_one = given.policies.size() == 1;
        if (!given.tenant.empty() && given.tenant != policy->tenant && !only_one) continue;
        const tenant_id& whose = given.tenant.empty() ? policy->tenant : given.tenant;
        for (const task_row& each : out)
            if (each.tenant == whose) return refuse("two of the policies are of tenant " + whose);
        out.push_back({whose, policy});
    }
    if (out.empty()) return refuse("none of the policies is of tenant " + given.tenant);
    return out;
}

class simulator {
public:
    simulator(archive& from, const config::loaded& all, const simulated_range& range, const context& at)
        : from_(from), all_(all), range_(range), shelf_(*from.keys),
          bar_(at.world.err, at.world.err_is_terminal, "simulating"), shows_progress_(at.world.err_is_terminal) {}

    status expect(const std::vector<task_row>& tasks) {
        if (!shows_progress_) return {};
        for (const task_row& each : tasks) {
            const instant first = app::rows_needed_from(*each.policy, range_.from);
            auto rows = taken(from_.accounts->usage_groups({each.tenant, first, range_.to}, {}));
            if (!rows) return std::unexpected(rows.error());
            if (!rows->empty()) expected_ += static_cast<std::size_t>(rows->front().requests);
        }
        return {};
    }

    outcome_of<app::tallies> run(const task_row& what) {
        app::simulation_setup setup{.tenant = what.tenant,
                                    .policy = *what.policy,
                                    .models = *all_.catalog,
                                    .from = range_.from,
                                    .charge_permille = permille_of(what.tenant)};
        std::vector<ledger::entry> movements;
        if (auto done = read_balance(what, setup, movements); !done) return std::unexpected(done.error());
        app::simulation one(std::move(setup));
        for (const ledger::entry& each : movements)
            one.credit(each.at, each.credit == ledger::account::prepaid ? each.amount : -each.amount);
        if (auto done = feed(what, one); !done) return std::unexpected(done.error());
        if (store_failure_) return std::unexpected(*store_failure_);
        one.finish();
        return one.result();
    }

private:
    // The balance at the beginning: what it is now, less what came and went since.
    status read_balance(const task_row& what, app::simulation_setup& into, std::vector<ledger::entry>& movements) {
        if (!what.policy->prepaid_opening) return {};
        auto balance = taken(from_.accounts->balance(what.tenant));
        if (!balance) return std::unexpected(balance.error());
        into.credited = *what.policy->prepaid_opening;
        if (!*balance) return {};
        auto since = taken(from_.accounts->balance_movements(what.tenant, range_.from));
        if (!since) return std::unexpected(since.error());
        auto charged = taken(from_.accounts->usage_groups({what.tenant, range_.from, far_away}, {}));
        if (!charged) return std::unexpected(charged.error());
        movements = std::move(*since);
        into.credited = (*balance)->now.credited;
        into.spent = (*balance)->now.spent;
        for (const ledger::entry& each : movements)
            into.credited =
                each.credit == ledger::account::prepaid ? into.credited - each.amount : into.credited + each.amount;
        if (!charged->empty()) into.spent = std::max(usd_nano(), into.spent - charged->front().charged);
        return {};
    }

    std::function<std::optional<std::int32_t>(const std::string&)> permille_of(const tenant_id& tenant) {
        return [this, tenant, last = std::string(), known = std::optional<std::int32_t>()](
                   const std::string& version) mutable -> std::optional<std::int32_t> {
            if (version == last) return known;
            const auto found = shelf_.find(tenant, version);
            if (!found) store_failure_ = found.error();
            last = version;
            known = found && (*found)->policy ? std::optional((*found)->policy->charge_permille) : std::nullopt;
            return known;
        };
    }

    status feed(const task_row& what, app::simulation& into) {
        const instant first = app::rows_needed_from(*what.policy, range_.from);
        // An id begins with its time, so the first page need not look at what is older.
        request_id last = request_id::make(std::max<std::int64_t>(first.ms() - 1, 0), 0, 0);
        for (;;) {
            const auto page =
                taken(from_.accounts->usage_page({what.tenant, first, range_.to}, last, limits::store_page_rows_max));
            if (!page) return std::unexpected(page.error());
            for (const ledger::usage_row& row : *page) into.take(row);
            done_ += page->size();
            bar_.at(done_, std::max(expected_, done_));
            if (page->size() < limits::store_page_rows_max) return {};
            last = page->back().id;
        }
    }

    static constexpr instant far_away = instant::from_seconds(253'402'300'799); // the year 9999

    archive& from_;
    const config::loaded& all_;
    const simulated_range& range_;
    policy_shelf shelf_;
    progress bar_;
    bool shows_progress_;
    std::size_t done_ = 0, expected_ = 0;
    std::optional<failure> store_failure_;
};

outcome_of<app::tallies> run_all(simulator& with, const std::vector<task_row>& tasks) {
    if (auto done = with.expect(tasks); !done) return std::unexpected(done.error());
    app::tallies total;
    for (const task_row& each : tasks) {
        const auto one = with.run(each);
        if (!one) return std::unexpected(one.error());
        total.merge(*one);
    }
    return total;
}

status simulate(const simulate_options& given, const context& at) {
    const auto from = parse_rfc3339(given.from);
    const auto to = given.to.empty() ? std::optional(at.world.now()) : parse_rfc3339(given.to);
    if (!from || !to) return misuse("--from and --to are times");
    if (*from >= *to) return refuse("--from must be before --to, which is not part of the range");
    const auto all = load_all(at);
    if (!all) return std::unexpected(all.error());
    const auto tasks = tasks_of(given, *all, at);
    if (!tasks) return std::unexpected(tasks.error());
    auto opened = open_archive(all->settings);
    if (!opened) return std::unexpected(opened.error());
    simulated_range range{*from, *to, given.top, {}};
    for (const task_row& each : *tasks) range.policies.emplace_back(each.tenant, each.policy->version);
    outcome_of<app::tallies> total;
    {
        simulator with(*opened, *all, range, at);
        total = run_all(with, *tasks);
    }
    if (!total) return std::unexpected(total.error());
    if (at.json)
        print(at.world.out, to_json(*total, range));
    else
        print_simulated(at.world.out, *total, range);
    return {};
}

}

action define_policy_simulate(option_list& options) {
    auto given = std::make_shared<simulate_options>();
    options.add("--policy", given->policies, "A policy file; again for each further one")
        .required()
        .type_name("FILE")
        .at_most(limits::simulation_policies_max);
    options.add("--from", given->from, "First day or moment of the traffic").required().time();
    options.add("--to", given->to, "Day or moment after the last (now)").time();
    options.add("--tenant", given->tenant, "Whose traffic (that of each policy's own tenant)");
    options.add("--top", given->top, "How many rows each table shows (10)")
        .between(std::size_t{1}, limits::simulation_groups_max);
    return [given](const context& at) { return simulate(*given, at); };
}

}
