#pragma once

// Columns of a seed, in the manner of store/rows.hpp.

#include <tollgate/ledger/seed.hpp>
#include <tollgate/store/rows.hpp>

namespace tollgate::store {

inline constexpr std::array seed_columns{
    column{"tenant", column_type::text},   column{"scope", column_type::text},
    column{"span", column_type::number},   column{"start_s", column_type::number},
    column{"spent", column_type::number},  column{"requests", column_type::number},
    column{"tokens", column_type::number}, column{"as_of", column_type::time},
};
inline constexpr std::size_t seed_key_columns = 4;

template <class Out>
void put(Out& out, const ledger::seed& row) {
    out.text(row.key.tenant);
    out.text(row.key.scope);
    out.number(static_cast<std::int64_t>(row.key.span));
    out.number(row.key.start_s);
    out.number(row.spent.count());
    out.number(row.requests);
    out.number(row.tokens);
    out.time(row.as_of);
}

template <class In>
ledger::seed take_seed(In& in) {
    ledger::seed row;
    row.key.tenant = in.text();
    row.key.scope = in.text();
    row.key.span = static_cast<window>(in.number());
    row.key.start_s = in.number();
    row.spent = usd_nano(in.number());
    row.requests = in.number();
    row.tokens = in.number();
    row.as_of = in.time();
    return row;
}

}
