#include <tollgate/app/reservation_sweeper.hpp>

#include <tollgate/core/json_writer.hpp>
#include <tollgate/store/run_ops.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

constexpr std::size_t page = 200;
constexpr std::size_t pages_max = 50; // a sweep is short: the next one goes on

// A string member of the flat part of a record that record.cpp wrote; tags hold no escapes that matter here.
std::string member(const std::string& record, std::string_view name) {
    std::string key = "\"";
    key.append(name).append("\":\"");
    const auto at = record.find(key);
    if (at == std::string::npos) return {};
    std::string out;
    for (std::size_t i = at + key.size(); i < record.size() && record[i] != '"'; ++i) {
        if (record[i] == '\\' && i + 1 < record.size()) ++i;
        out += record[i];
    }
    return out;
}

std::string ended_record(const ledger::reservation& hold, usd_nano charged) {
    if (hold.record.empty() || hold.record.back() != '}') return hold.record;
    std::string out = hold.record.substr(0, hold.record.size() - 1);
    std::string rest;
    json_writer more(rest);
    more.begin_object().member("decision", "allow").member("code", "usage_unknown");
    more.member("cost_usd", to_usd(charged)).member("provider_cost_usd", to_usd(charged));
    more.member("cost_source", "estimated").member("flagged", true).end_object();
    return out + "," + rest.substr(1);
}

}

ledger::usage_row row_of_lost(const ledger::reservation& hold) {
    const usd_nano charged = ledger::charge_of_unknown(hold);
    ledger::usage_row row;
    row.id = hold.id;
    row.tenant = hold.tenant;
    row.key = member(hold.record, "key_id");
    row.workspace = member(hold.record, "workspace");
    row.feature = member(hold.record, "feature");
    row.agent = member(hold.record, "agent");
    row.end_user = member(hold.record, "end_user");
    row.model_requested = member(hold.record, "model_requested");
    row.model_served = member(hold.record, "model_served");
    row.provider = member(hold.record, "provider");
    row.decision = "allow";
    row.code = "usage_unknown";
    row.settlement_status = charged > usd_nano() ? "charged" : "voided";
    row.estimated = hold.amount;
    row.charged = row.provider_cost = charged;
    row.source = cost_source::estimated;
    row.at = instant::from_ms(hold.id.unix_ms());
    row.record = ended_record(hold, charged);
    return row;
}

store_result<void> reservation_sweeper::end_all(const std::vector<ledger::reservation>& lost) {
    std::vector<ledger::op> ops;
    ops.reserve(lost.size());
    for (const ledger::reservation& hold : lost) ops.push_back(ledger::expire_op{hold, row_of_lost(hold)});
    auto done = store::run_ops(store_, ops);
    if (!done) return std::unexpected(done.error());
    return {};
}

store_result<std::size_t> reservation_sweeper::recover(const std::string& node) {
    std::size_t ended = 0;
    for (;;) {
        auto lost = store_.held_by(node, page);
        if (!lost) return std::unexpected(lost.error());
        if (lost->empty()) return ended;
        if (auto done = end_all(*lost); !done) return std::unexpected(done.error());
        ended += lost->size();
    }
}

store_result<reservation_sweeper::swept> reservation_sweeper::sweep() {
    swept out;
    for (std::size_t i = 0; i < pages_max; ++i) {
        auto lost = store_.expired(page);
        if (!lost) return std::unexpected(lost.error());
        if (lost->empty()) break;
        if (auto done = end_all(*lost); !done) return std::unexpected(done.error());
        out.reservations += lost->size();
    }
    auto tenants = store_.tenants_with_expired_grants(page);
    if (!tenants) return std::unexpected(tenants.error());
    std::vector<ledger::op> ops;
    for (const tenant_id& tenant : *tenants)
        ops.push_back(ledger::expire_grants_op{tenant, request_id(random_.next(), random_.next())});
    if (auto done = store::run_ops(store_, ops); !done) return std::unexpected(done.error());
    out.tenants = tenants->size();
    auto pruned = store_.prune_counters(page);
    if (!pruned) return std::unexpected(pruned.error());
    out.counters = *pruned;
    auto repeats = store_.prune_repeats(page);
    if (!repeats) return std::unexpected(repeats.error());
    out.repeats = *repeats;
    return out;
}

}
