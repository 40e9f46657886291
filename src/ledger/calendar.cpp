#include "calendar.hpp"

#include <algorithm>

namespace tollgate::ledger {

const calendar::bounds& calendar::of(window span, const time_zone& zone) {
    auto at = std::ranges::find(pages_, &zone, &page::zone);
    if (at == pages_.end()) {
        at = pages_.begin() + static_cast<std::ptrdiff_t>(oldest_);
        oldest_ = (oldest_ + 1) % pages_.size();
        *at = {&zone, {}};
    }
    auto& known = at->windows[static_cast<std::size_t>(span)];
    if (!known) known = bounds{window_start(span, now_, zone), window_end(span, now_, zone)};
    return *known;
}

}
