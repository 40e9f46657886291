// tollgate balance ...
#include "definitions.hpp"
#include "json.hpp"
#include "movement.hpp"
#include "policies.hpp"

#include <tollgate/cli/table.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/store/codec.hpp>
#include <tollgate/store/movement.hpp>

#include <memory>

namespace tollgate::cli {

namespace {

// ---- money in and out ----

// A misspelt tenant takes money as well as any other; where the policies can be read, say so.
void note_unknown_tenant(const tenant_id& tenant, store::database& database, const context& at) {
    const auto all = load_all(at);
    if (!all) return;
    if (const auto known = has_policy(tenant, *all, database); known && !*known)
        at.world.err << "note: no policy is for tenant " << tenant << '\n';
}

status move(const movement_request& given, const context& at) {
    const auto op = checked(given, at.world);
    if (!op) return std::unexpected(op.error());
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    const auto done = post(*op, **database, at.world);
    if (!done) return std::unexpected(done.error());
    note_unknown_tenant(op->tenant, **database, at);
    if (at.json) {
        json out{{"tenant", op->tenant}, {"kind", name_of(op->kind)}};
        out["amount_usd"] = to_usd(op->amount);
        out["transaction"] = done->transaction.text();
        out["repeated"] = done->repeated;
        out["available_usd"] = to_usd(done->available);
        print(at.world.out, out);
        return {};
    }
    at.world.out << (done->repeated ? "already posted as " : "posted as ") << done->transaction.text()
                 << (done->repeated ? ", nothing changed" : "") << "; " << op->tenant << " has "
                 << to_usd(done->available) << " USD available\n";
    return {};
}

action define_movement(option_list& options, std::shared_ptr<movement_request> given) {
    options.add("--tenant", given->tenant, "Whose balance").required();
    options.add("--usd", given->usd, "How much, exact: at most nine decimals").required().usd();
    options
        .add("--idempotency-key", given->idempotency_key,
             "Names this movement: run again with the same key, it is posted once")
        .required();
    options.add("--reason", given->reason, "For the audit trail");
    return [given](const context& at) { return move(*given, at); };
}

void add_grant_terms(option_list& options, const std::shared_ptr<movement_request>& given) {
    options.add("--expires", given->expires, "When what is left of it is lost").time();
    options.add("--priority", given->priority, "Lower is spent first (100)").between(0, 1'000'000);
}

std::shared_ptr<movement_request> request_of(ledger::movement kind, ledger::funding from) {
    auto given = std::make_shared<movement_request>();
    given->kind = kind;
    given->from = from;
    return given;
}

// ---- show ----

json to_json(const tenant_id& tenant, const ledger::balance_row& row, usd_nano available) {
    json out{{"tenant", tenant}, {"currency", "USD"}};
    out["available_usd"] = to_usd(available);
    out["held_usd"] = to_usd(row.now.held);
    out["spent_usd"] = to_usd(row.now.spent);
    out["credited_usd"] = to_usd(row.now.credited);
    out["grants"] = json::array();
    for (const ledger::grant& each : row.grants) {
        json grant{{"transaction", each.transaction.text()}, {"funding", store::name_of(each.from)}};
        grant["amount_usd"] = to_usd(each.amount);
        grant["remaining_usd"] = to_usd(each.remaining);
        grant["priority"] = each.priority;
        grant["effective"] = to_rfc3339(each.effective);
        grant["expires"] = each.expires_s ? json(to_rfc3339(instant::from_seconds(*each.expires_s))) : json();
        out["grants"].push_back(std::move(grant));
    }
    return out;
}

void print_for_people(std::ostream& out, const tenant_id& tenant, const ledger::balance_row& row, usd_nano available) {
    out << facts_text({{"tenant", tenant},
                       {"available", to_usd(available) + " USD"},
                       {"held", to_usd(row.now.held) + " USD, by running requests"},
                       {"spent", to_usd(row.now.spent) + " USD"},
                       {"credited", to_usd(row.now.credited) + " USD"}});
    table grants({{"grant"}, {"funding"}, {"amount", true}, {"remaining", true}, {"priority", true}, {"expires"}});
    for (const ledger::grant& each : row.grants) {
        if (each.remaining == usd_nano()) continue;
        grants.add({each.transaction.text(), std::string(store::name_of(each.from)), to_usd(each.amount),
                    to_usd(each.remaining), std::to_string(each.priority),
                    each.expires_s ? to_rfc3339(instant::from_seconds(*each.expires_s)) : "never"});
    }
    if (!grants.empty()) out << '\n' << grants.text();
}

status show(const tenant_id& tenant, const context& at) {
    auto database = open_ready(at);
    if (!database) return std::unexpected(database.error());
    auto accounts = taken((*database)->open_accounts());
    if (!accounts) return std::unexpected(accounts.error());
    auto stored = taken((*accounts)->balance(tenant));
    if (!stored) return std::unexpected(stored.error());
    const auto now = taken((*accounts)->now());
    if (!now) return std::unexpected(now.error());
    if (!*stored)
        return refuse("tenant " + tenant + " has no prepaid balance.\n`tollgate balance top-up --tenant " + tenant +
                      " ...` credits one; a policy's opening grant is credited when the gateway starts.");
    const ledger::balance_row row = store::up_to_date(tenant, **stored, *now);
    const usd_nano available = row.now.credited - row.now.spent - row.now.held;
    if (at.json)
        print(at.world.out, to_json(tenant, row, available));
    else
        print_for_people(at.world.out, tenant, row, available);
    return {};
}

}

action define_balance_top_up(option_list& options) {
    auto given = request_of(ledger::movement::top_up, ledger::funding::purchase);
    add_grant_terms(options, given);
    return define_movement(options, std::move(given));
}

action define_balance_grant(option_list& options) {
    auto given = request_of(ledger::movement::grant, ledger::funding::promo);
    add_grant_terms(options, given);
    return define_movement(options, std::move(given));
}

action define_balance_adjust(option_list& options) {
    return define_movement(options, request_of(ledger::movement::adjust, ledger::funding::adjustment));
}

action define_balance_refund(option_list& options) {
    auto given = request_of(ledger::movement::refund, ledger::funding::refund);
    options
        .add("--request", given->refunds,
             "The request whose charge it gives back; without one, at most what the balance has spent")
        .request_id();
    return define_movement(options, std::move(given));
}

action define_balance_show(option_list& options) {
    auto tenant = std::make_shared<tenant_id>();
    options.add("--tenant", *tenant, "Whose balance").required();
    return [tenant](const context& at) { return show(*tenant, at); };
}

}
