#include "retry_blocks.hpp"

#include "statements.hpp"

namespace tollgate::sqlite {

store_result<void> retry_blocks::keep(const policy::retry_block& block, instant now) {
    static const std::string sql =
        insert_into("retry_blocks", store::retry_block_columns,
                    "ON CONFLICT (tenant, key_id, request) DO UPDATE SET " +
                        all_excluded(store::retry_block_columns, 3) + " WHERE excluded.ends > retry_blocks.ends");
    db_->begin_immediate();
    db_->prepare("DELETE FROM retry_blocks WHERE forgotten < ?").time(now);
    db_->run();
    store::put(db_->prepare(sql), block);
    db_->run();
    return db_->commit();
}

store_result<std::vector<policy::retry_block>> retry_blocks::ending_after(instant after, std::size_t count) {
    static const std::string sql =
        select_from("retry_blocks", store::retry_block_columns, "WHERE ends > ? ORDER BY ends DESC LIMIT ?");
    std::vector<policy::retry_block> all;
    db_->prepare(sql).time(after).number(static_cast<std::int64_t>(count));
    db_->each([&](reader& in) { all.push_back(store::take_retry_block(in)); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return all;
}

}
