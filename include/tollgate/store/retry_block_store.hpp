#pragma once

// Blocks of the retry guard, shared by the processes of a store.

#include <tollgate/core/error.hpp>
#include <tollgate/policy/retry_memory.hpp>
#include <tollgate/store/rows.hpp>

#include <vector>

namespace tollgate::store {

class retry_block_store {
public:
    virtual ~retry_block_store() = default;
    // Of two blocks of the same name the one that ends later stays. Forgets those that were forgotten before `now`.
    virtual store_result<void> keep(const policy::retry_block& block, instant now) = 0;
    // Those that end after `after`, the last one first, at most `count`.
    virtual store_result<std::vector<policy::retry_block>> ending_after(instant after, std::size_t count) = 0;
};

inline constexpr std::array retry_block_columns{
    column{"tenant", column_type::text},    column{"key_id", column_type::text},
    column{"request", column_type::number}, column{"signal", column_type::text},
    column{"ends", column_type::time},      column{"forgotten", column_type::time},
    column{"level", column_type::number},   column{"counted", column_type::number},
    column{"among", column_type::number},
};

template <class Out>
void put(Out& out, const policy::retry_block& row) {
    out.text(row.tenant);
    out.text(row.key);
    out.number(static_cast<std::int64_t>(row.hash));
    out.text(name_of(row.signal));
    out.time(row.until);
    out.time(row.forgotten);
    out.number(row.level);
    out.number(row.counted);
    out.number(row.among);
}

template <class In>
policy::retry_block take_retry_block(In& in) {
    policy::retry_block row;
    row.tenant = in.text();
    row.key = in.text();
    row.hash = static_cast<std::uint64_t>(in.number());
    const auto signal = policy::parse_storm_signal(in.text());
    if (!signal) in.damaged("retry_blocks.signal");
    row.signal = signal.value_or(policy::storm_signal::same_request);
    row.until = in.time();
    row.forgotten = in.time();
    row.level = static_cast<std::int32_t>(in.number());
    row.counted = in.number();
    row.among = in.number();
    return row;
}

}
