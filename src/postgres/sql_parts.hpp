#pragma once

// Pieces of SQL that are made from tables of columns, for statements on whole batches.

#include "wire.hpp"

#include <tollgate/store/rows.hpp>

#include <span>
#include <string>
#include <string_view>

namespace tollgate::postgres {

using column_span = std::span<const store::column>;

// "unnest($1::text[], $2::bigint[]) AS k(tenant, amount)"
std::string batch(column_span of);
// The same WITH ORDINALITY, i: the position of each row, to lock and to answer in the order asked.
std::string ordered_batch(column_span of);
// "t.tenant = k.tenant AND t.scope = k.scope"
std::string same(std::string_view table, column_span key);
// "spent = k.spent, held = k.held"
std::string assign(column_span values, std::string_view from);

}
