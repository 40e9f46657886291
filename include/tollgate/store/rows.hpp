#pragma once

// One list of columns per row, in one order, for both databases: `put` writes a row's columns to an Out, `take` reads
// them from an In, in the order of its table of columns. SQL text is made from the same tables.
//
// Out: text, id, number, flag, time, bytes, optional_number, optional_text, optional_id, optional_time.
// In:  the same names returning the value (text a std::string), and damaged(what) which marks the read as failed.

#include <tollgate/ledger/apply.hpp>
#include <tollgate/store/codec.hpp>
#include <tollgate/store/scope_rows.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace tollgate::store {

enum class column_type : std::uint8_t { text, id, number, flag, time, bytes, day };

struct column {
    std::string_view name;
    column_type type;
};

// "a, b, c", each name after `prefix`.
std::string column_names(std::span<const column> columns, std::string_view prefix = {});

// The column behind a name that usage may be grouped by; nothing for "day", which each database computes, and for
// unknown names.
std::optional<std::string_view> group_column(std::string_view name);

// ---- tables ---------------------------------------------------------------------------------------------------

// Of the table `counters`.
inline constexpr std::array scope_key_columns{
    column{"tenant", column_type::text},
    column{"scope", column_type::text},
};
inline constexpr std::array scope_columns{column{"windows", column_type::text}};

inline constexpr std::array balance_columns{
    column{"credited", column_type::number},      column{"spent", column_type::number},
    column{"held", column_type::number},          column{"burned", column_type::number},
    column{"next_expiry_s", column_type::number},
};

inline constexpr std::array grant_columns{
    column{"tenant", column_type::text},    column{"transaction_id", column_type::id},
    column{"amount", column_type::number},  column{"remaining", column_type::number},
    column{"funding", column_type::text},   column{"priority", column_type::number},
    column{"effective", column_type::time}, column{"expires_s", column_type::number},
};

inline constexpr std::array reservation_columns{
    column{"tenant", column_type::text},    column{"request_id", column_type::id},
    column{"amount", column_type::number},  column{"input_amount", column_type::number},
    column{"tokens", column_type::number},  column{"counters", column_type::text},
    column{"prepaid", column_type::flag},   column{"on_unknown", column_type::text},
    column{"created", column_type::time},   column{"expires", column_type::time},
    column{"attempt", column_type::number}, column{"node", column_type::text},
    column{"record", column_type::text},
};

inline constexpr std::array usage_columns{
    column{"tenant", column_type::text},
    column{"request_id", column_type::id},
    column{"key_id", column_type::text},
    column{"workspace", column_type::text},
    column{"feature", column_type::text},
    column{"agent", column_type::text},
    column{"end_user", column_type::text},
    column{"model_requested", column_type::text},
    column{"model_served", column_type::text},
    column{"provider", column_type::text},
    column{"decision", column_type::text},
    column{"code", column_type::text},
    column{"settlement_status", column_type::text},
    column{"status", column_type::number},
    column{"prompt_tokens", column_type::number},
    column{"cached_tokens", column_type::number},
    column{"completion_tokens", column_type::number},
    column{"other_usage", column_type::text},
    column{"estimated", column_type::number},
    column{"charged", column_type::number},
    column{"provider_cost", column_type::number},
    column{"cost_source", column_type::text},
    column{"overage", column_type::flag},
    column{"late", column_type::flag},
    column{"at", column_type::time},
    column{"counters", column_type::text},
    column{"counted", column_type::flag},
    column{"tokens", column_type::number},
    column{"ended", column_type::text},
    column{"provisional", column_type::flag},
    column{"record", column_type::text},
};

inline constexpr std::array entry_columns{
    column{"tenant", column_type::text},          column{"transaction_id", column_type::id},
    column{"leg", column_type::number},           column{"kind", column_type::text},
    column{"debit", column_type::text},           column{"credit", column_type::text},
    column{"amount", column_type::number},        column{"at", column_type::time},
    column{"idempotency_key", column_type::text}, column{"reason", column_type::text},
    column{"actor", column_type::text},           column{"reverses", column_type::id},
};

// ---- counters and balances ------------------------------------------------------------------------------------

template <class Out>
void put(Out& out, const scope_key& key) {
    out.text(key.tenant);
    out.text(key.scope);
}

template <class Out>
void put(Out& out, const scope_row& row) {
    out.text(row.windows);
}

template <class In>
scope_row take_scope(In& in) {
    return {in.text()};
}

template <class In>
std::vector<window_counter> take_windows(In& in) {
    std::vector<window_counter> windows;
    if (!unpack_windows(in.text(), windows)) in.damaged("counters.windows");
    return windows;
}

template <class Out>
void put(Out& out, const ledger::balance_row& row) {
    out.number(row.now.credited.count());
    out.number(row.now.spent.count());
    out.number(row.now.held.count());
    out.number(row.burned.count());
    out.optional_number(row.now.next_expiry_s);
}

template <class In>
ledger::balance_row take_balance(In& in) {
    ledger::balance_row row;
    row.now.credited = usd_nano(in.number());
    row.now.spent = usd_nano(in.number());
    row.now.held = usd_nano(in.number());
    row.burned = usd_nano(in.number());
    row.now.next_expiry_s = in.optional_number();
    return row;
}

template <class Out>
void put(Out& out, const ledger::grant& row) {
    out.text(row.tenant);
    out.id(row.transaction);
    out.number(row.amount.count());
    out.number(row.remaining.count());
    out.text(name_of(row.from));
    out.number(row.priority);
    out.time(row.effective);
    out.optional_number(row.expires_s);
}

template <class In>
ledger::grant take_grant(In& in) {
    ledger::grant row;
    row.tenant = in.text();
    row.transaction = in.id();
    row.amount = usd_nano(in.number());
    row.remaining = usd_nano(in.number());
    const auto from = parse_funding(in.text());
    if (!from) in.damaged("grants.funding");
    row.from = from.value_or(ledger::funding::purchase);
    row.priority = static_cast<std::int32_t>(in.number());
    row.effective = in.time();
    row.expires_s = in.optional_number();
    return row;
}

// ---- reservations ---------------------------------------------------------------------------------------------

template <class Out>
void put(Out& out, const ledger::opening& row) {
    const ledger::reservation& hold = *row.hold;
    out.text(hold.tenant);
    out.id(hold.id);
    out.number(hold.amount.count());
    out.number(hold.input_amount.count());
    out.number(hold.tokens);
    out.text(pack_touched(hold.counters));
    out.flag(hold.prepaid);
    out.text(name_of(hold.on_unknown));
    out.time(hold.created);
    out.time(hold.expires);
    out.number(hold.attempt);
    out.text(hold.node);
    out.text(*row.record);
}

template <class In>
std::vector<ledger::touched> take_touched(In& in, const char* what) {
    auto rows = unpack_touched(in.text());
    if (!rows) in.damaged(what);
    return std::move(rows).value_or(std::vector<ledger::touched>{});
}

// All but the record, which stands last and is the largest part: a batch does not need it.
inline constexpr auto hold_columns = std::span(reservation_columns).first(reservation_columns.size() - 1);

template <class In>
ledger::reservation take_hold(In& in) {
    ledger::reservation row;
    row.tenant = in.text();
    row.id = in.id();
    row.amount = usd_nano(in.number());
    row.input_amount = usd_nano(in.number());
    row.tokens = in.number();
    row.counters = take_touched(in, "reservations.counters");
    row.prepaid = in.flag();
    const auto choice = parse_unknown_usage(in.text());
    if (!choice) in.damaged("reservations.on_unknown");
    row.on_unknown = choice.value_or(ledger::unknown_usage::charge_estimate);
    row.created = in.time();
    row.expires = in.time();
    row.attempt = static_cast<std::uint8_t>(in.number());
    row.node = in.text();
    return row;
}

template <class In>
ledger::reservation take_reservation(In& in) {
    ledger::reservation row = take_hold(in);
    row.record = in.text();
    return row;
}

// ---- usage ----------------------------------------------------------------------------------------------------

template <class Out>
void put(Out& out, const ledger::usage_write& write) {
    const ledger::usage_row& row = *write.row;
    out.text(row.tenant);
    out.id(row.id);
    for (const std::string* name :
         {&row.key, &row.workspace, &row.feature, &row.agent, &row.end_user, &row.model_requested, &row.model_served,
          &row.provider, &row.decision, &row.code, &row.settlement_status})
        out.text(*name);
    out.number(row.status);
    out.number(row.used.prompt_tokens);
    out.number(row.used.cached_tokens);
    out.number(row.used.completion_tokens);
    out.text(pack_other_usage(row.used));
    out.number(write.estimated.count());
    out.number(write.charged.count());
    out.number(row.provider_cost.count());
    out.text(name_of(row.source));
    out.flag(write.overage);
    out.flag(write.late);
    out.time(row.at);
    out.text(pack_touched(*write.counters));
    out.flag(write.counted);
    out.number(write.tokens);
    if (write.ended)
        out.optional_text(name_of(*write.ended));
    else
        out.optional_text(std::nullopt);
    out.flag(write.provisional);
    out.text(row.record);
}

template <class In>
void take_usage_money(In& in, ledger::usage_row& row) {
    row.used.prompt_tokens = in.number();
    row.used.cached_tokens = in.number();
    row.used.completion_tokens = in.number();
    if (!unpack_other_usage(in.text(), row.used)) in.damaged("usage_events.other_usage");
    row.estimated = usd_nano(in.number());
    row.charged = usd_nano(in.number());
    row.provider_cost = usd_nano(in.number());
    const auto source = parse_cost_source(in.text());
    if (!source) in.damaged("usage_events.cost_source");
    row.source = source.value_or(cost_source::estimated);
}

template <class In>
std::optional<ledger::ending> take_ending(In& in) {
    const auto name = in.optional_text();
    if (!name) return std::nullopt;
    const auto how = parse_ending(*name);
    if (!how) in.damaged("usage_events.ended");
    return how;
}

// Reads the columns of usage_columns and then `refunded`.
template <class In>
ledger::usage_row take_usage(In& in) {
    ledger::usage_row row;
    row.tenant = in.text();
    row.id = in.id();
    for (std::string* name : {&row.key, &row.workspace, &row.feature, &row.agent, &row.end_user, &row.model_requested,
                              &row.model_served, &row.provider, &row.decision, &row.code, &row.settlement_status})
        *name = in.text();
    row.status = static_cast<int>(in.number());
    take_usage_money(in, row);
    row.overage = in.flag();
    row.late = in.flag();
    row.at = in.time();
    row.counters = take_touched(in, "usage_events.counters");
    row.counted = in.flag();
    row.tokens = in.number();
    row.ended = take_ending(in);
    row.provisional = in.flag();
    row.record = in.text();
    row.refunded = usd_nano(in.number());
    return row;
}

// ---- entries --------------------------------------------------------------------------------------------------

template <class Out>
void put(Out& out, const ledger::entry& row) {
    out.text(row.tenant);
    out.id(row.transaction);
    out.number(row.leg);
    out.text(row.kind);
    out.text(name_of(row.debit));
    out.text(name_of(row.credit));
    out.number(row.amount.count());
    out.time(row.at);
    out.text(row.idempotency_key);
    out.text(row.reason);
    out.text(row.actor);
    out.optional_id(row.reverses);
}

template <class In>
ledger::entry take_entry(In& in) {
    ledger::entry row;
    row.tenant = in.text();
    row.transaction = in.id();
    row.leg = static_cast<std::uint8_t>(in.number());
    row.kind = in.text();
    const auto debit = parse_account(in.text()), credit = parse_account(in.text());
    if (!debit || !credit) in.damaged("entries.debit, entries.credit");
    row.debit = debit.value_or(ledger::account::prepaid);
    row.credit = credit.value_or(ledger::account::revenue);
    row.amount = usd_nano(in.number());
    row.at = in.time();
    row.idempotency_key = in.text();
    row.reason = in.text();
    row.actor = in.text();
    row.reverses = in.optional_id();
    return row;
}

}
