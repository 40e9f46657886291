#include "retry_blocks.hpp"

namespace tollgate::postgres {

namespace {

const auto ignore_rows = [](reader&) {};

}

store_result<void> retry_blocks::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

store_result<void> retry_blocks::keep(const policy::retry_block& block, instant now) {
    scalars before, values;
    before.time(now);
    if (auto done = client_.ask("DELETE FROM retry_blocks WHERE forgotten < $1", before, ignore_rows); !done)
        return std::unexpected(done.error());
    store::put(values, block);
    const auto done =
        client_.ask("INSERT INTO retry_blocks (" + store::column_names(store::retry_block_columns) +
                        ") VALUES ($1, $2, $3::bigint, $4, $5, $6, $7::bigint, $8::bigint, $9::bigint) "
                        "ON CONFLICT (tenant, key_id, request) DO UPDATE SET (signal, ends, forgotten, level, counted, "
                        "among) = (excluded.signal, excluded.ends, excluded.forgotten, excluded.level, "
                        "excluded.counted, excluded.among) WHERE excluded.ends > retry_blocks.ends",
                    values, ignore_rows);
    if (!done) return std::unexpected(done.error());
    return {};
}

store_result<std::vector<policy::retry_block>> retry_blocks::ending_after(instant after, std::size_t count) {
    scalars values;
    values.time(after).number(static_cast<std::int64_t>(count));
    std::vector<policy::retry_block> all;
    const auto done = client_.ask("SELECT " + store::column_names(store::retry_block_columns) +
                                      " FROM retry_blocks WHERE ends > $1 ORDER BY ends DESC LIMIT $2::bigint",
                                  values, [&](reader& in) { all.push_back(store::take_retry_block(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
}

}
