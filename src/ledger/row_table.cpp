#include <tollgate/ledger/apply.hpp>

#include <algorithm>
#include <functional>
#include <numeric>

namespace tollgate::ledger {

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>()(text); }
std::uint64_t hash_of(request_id id) { return std::hash<request_id>()(id); }

std::uint64_t hash_of(std::uint64_t hash_of_tenant, std::string_view scope, window span, std::int64_t start_s) {
    const std::uint64_t time = static_cast<std::uint64_t>(start_s) * 8 + static_cast<std::uint64_t>(span);
    const std::uint64_t mixed = hash_of_tenant + hash_of(scope) * 31 + time * 0x9e37'79b9'7f4a'7c15;
    return mixed ^ mixed >> 32;
}

std::uint64_t hash_of(const counter_view& key) {
    return hash_of(hash_of(key.tenant), key.scope, key.span, key.start_s);
}

namespace {

// Slots of one tenant, next to one another as operations name them.
struct run {
    const tenant_id* tenant;
    slot first, end;
};

std::vector<run> runs_of(const counter_rows& rows) {
    std::vector<run> runs;
    for (slot i = 0; i < rows.size(); ++i) {
        const tenant_id& tenant = rows.key(i).tenant;
        if (runs.empty() || *runs.back().tenant != tenant) runs.push_back({&tenant, i, i});
        runs.back().end = i + 1;
    }
    return runs;
}

bool before(const counter_key& a, const counter_key& b) {
    if (const int scopes = a.scope.compare(b.scope); scopes != 0) return scopes < 0;
    return a.span != b.span ? a.span < b.span : a.start_s < b.start_s;
}

}

// Tenants are sorted first, by their runs: far fewer comparisons of text than sorting keys.
std::vector<slot> key_order(const counter_rows& rows) {
    std::vector<run> runs = runs_of(rows);
    std::ranges::sort(runs, [](const run& a, const run& b) { return *a.tenant < *b.tenant; });
    std::vector<slot> order;
    order.reserve(rows.size());
    for (auto at = runs.begin(); at != runs.end();) {
        const tenant_id& tenant = *at->tenant;
        const auto first = static_cast<std::ptrdiff_t>(order.size());
        for (; at != runs.end() && *at->tenant == tenant; ++at)
            for (slot i = at->first; i < at->end; ++i) order.push_back(i);
        std::sort(order.begin() + first, order.end(), [&](slot a, slot b) { return before(rows.key(a), rows.key(b)); });
    }
    return order;
}

std::vector<slot> key_order(const balance_rows& rows) {
    std::vector<slot> order(rows.size());
    std::iota(order.begin(), order.end(), slot{0});
    std::ranges::sort(order, [&](slot a, slot b) { return rows.key(a) < rows.key(b); });
    return order;
}

}
