#include <tollgate/app/retry_share.hpp>

#include <tollgate/core/limits.hpp>

#include <algorithm>
#include <iterator>

namespace tollgate::app {

store_result<void> retry_share::load(instant now) {
    return adopt_after(instant{now.us - std::int64_t{limits::retry_block_ms_max} * 1000});
}

store_result<void> retry_share::exchange(instant now) {
    std::ranges::move(watch_.take_begun(), std::back_inserter(unwritten_));
    if (unwritten_.size() > limits::retry_blocks_max) unwritten_.resize(limits::retry_blocks_max);
    while (!unwritten_.empty()) {
        if (auto done = store_->keep(unwritten_.back(), now); !done) return done;
        unwritten_.pop_back();
    }
    return adopt_after(now);
}

store_result<void> retry_share::adopt_after(instant after) {
    auto blocks = store_->ending_after(after, limits::retry_blocks_max);
    if (!blocks) return std::unexpected(blocks.error());
    for (const policy::retry_block& block : *blocks) watch_.adopt(block);
    return {};
}

}
