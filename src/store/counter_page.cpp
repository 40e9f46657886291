#include <tollgate/store/account_store.hpp>

namespace tollgate::store {

void add_spent(counter_page& page, const std::vector<window_counter>& windows, std::int64_t since_s) {
    for (const window_counter& each : windows) {
        const bool asked = each.start_s >= since_s || each.span == window::total;
        if (asked && each.at.spent + each.at.held > usd_nano())
            page.counters.emplace_back(
                ledger::counter_key{page.last->tenant, page.last->scope, each.span, each.start_s}, each.at);
    }
}

}
