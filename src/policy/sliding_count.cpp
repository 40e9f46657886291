#include <tollgate/policy/retry_memory.hpp>

#include <algorithm>

namespace tollgate::policy {

namespace {

std::int64_t slice_of(instant now, std::uint32_t window_ms, std::int64_t slices) {
    return now.us / std::max<std::int64_t>(std::int64_t{window_ms} * 1000 / slices, 1);
}

}

void sliding_count::add(instant now, std::uint32_t window_ms) {
    const std::int64_t slice = slice_of(now, window_ms, slices);
    // Far apart in either direction: long ago, a clock that was set, or a window that was changed.
    if (slice - newest_ >= slices || newest_ - slice >= slices) {
        clear();
        newest_ = slice;
    }
    while (newest_ < slice) slices_[static_cast<std::size_t>(++newest_ % slices)] = 0;
    std::uint32_t& at = slices_[static_cast<std::size_t>(newest_ % slices)];
    if (at < UINT32_MAX) at += 1;
}

void sliding_count::take_back() {
    for (std::int64_t age = 0; age < slices; ++age) {
        std::uint32_t& at = slices_[static_cast<std::size_t>((newest_ - age + slices) % slices)];
        if (at == 0) continue;
        at -= 1;
        return;
    }
}

std::int64_t sliding_count::within(instant now, std::uint32_t window_ms) const {
    const std::int64_t slice = slice_of(now, window_ms, slices);
    if (newest_ - slice >= slices) return 0;
    std::int64_t sum = 0;
    for (std::int64_t each = std::max(slice - slices + 1, newest_ - slices + 1); each <= newest_; ++each)
        sum += slices_[static_cast<std::size_t>((each + slices) % slices)];
    return sum;
}

}
