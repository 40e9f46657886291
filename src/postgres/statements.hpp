#pragma once

// The ledger's SQL. Prepared on every connection; each works on a whole batch through `unnest`.

#include <tollgate/store/repeat_rows.hpp>
#include <tollgate/store/rows.hpp>

#include <array>
#include <string>
#include <vector>

namespace tollgate::postgres {

inline constexpr std::array tenant_column{store::column{"tenant", store::column_type::text}};
inline constexpr std::array request_key_columns{
    store::column{"tenant", store::column_type::text},
    store::column{"request_id", store::column_type::id},
};
inline constexpr std::array month_column{store::column{"month", store::column_type::day}};
inline constexpr std::array id_column{store::column{"request_id", store::column_type::id}};
inline constexpr std::array movement_key_columns{
    store::column{"tenant", store::column_type::text},
    store::column{"idempotency_key", store::column_type::text},
};
inline constexpr std::array transaction_column{store::column{"transaction_id", store::column_type::id}};
inline constexpr std::array claim_key_columns{
    store::column{"tenant", store::column_type::text},
    store::column{"key", store::column_type::text},
};
inline constexpr std::array token_key_columns{
    store::column{"tenant", store::column_type::text},
    store::column{"token", store::column_type::text},
};
inline constexpr std::array spender_columns{
    store::column{"request_id", store::column_type::id},
    store::column{"created", store::column_type::time},
};
inline constexpr std::array attempt_column{store::column{"attempt", store::column_type::number}};
inline constexpr std::array refunded_column{store::column{"refunded", store::column_type::number}};

enum class query : std::uint8_t {
    begin,
    commit,
    rollback,
    clock,
    lock_counters,
    lock_balances,
    lock_reservations,
    read_grants,
    read_refunds,
    read_endings,
    read_movements,
    read_charges,
    make_counters,
    make_balances,
    write_counters,
    write_balances,
    write_grants,
    open_reservations,
    end_reservations,
    add_usage,
    correct_usage,
    refund_usage,
    add_entries,
    add_movements,
    lock_claims,
    read_claims,
    read_tokens,
    replace_reservations,
    make_claims,
    take_claims,
    add_answers,
    spend_tokens,
    guard_clock,
    read_counters,
    read_balances,
    guard_counters,
    check_counters,
    new_counters,
    guard_balances,
    check_balances,
    new_balances,
    guard_endings,
    add_new_usage
};

// The name it is prepared under.
const char* name_of(query which);

struct statement {
    query which;
    std::string sql;
};

std::vector<statement> ledger_statements();

}
