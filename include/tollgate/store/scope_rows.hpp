#pragma once

// How counters are kept: one row a scope, with its windows in it. A database is paid by the row, and a request counts
// in several windows of the same few scopes.

#include <tollgate/core/error.hpp>
#include <tollgate/ledger/apply.hpp>

#include <compare>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::store {

// A counter of a scope.
struct window_counter {
    window span = window::total;
    std::int64_t start_s = 0;
    ledger::counter at;
    friend bool operator==(const window_counter&, const window_counter&) = default;
};

// A line each, "month 1793491200 <spent> <held> <requests> <tokens> <tokens_held> <in_flight>": for people too.
std::string pack_windows(std::span<const window_counter> windows);
// Appends to `out`. False: not what pack_windows writes.
bool unpack_windows(std::string_view text, std::vector<window_counter>& out);

// Of each span a row keeps that many of the newest windows, the one that runs and the one before, and every window that
// is held on. Which are newest does not depend on the clock: one that is wrong for a while costs no counter.
inline constexpr std::size_t windows_kept = 2;

// Nothing in the row will be asked for again: minutes and hours that ended long ago, and nothing is held.
bool is_over(std::span<const window_counter> windows, instant now);

struct scope_key {
    tenant_id tenant;
    std::string scope;
    friend auto operator<=>(const scope_key&, const scope_key&) = default;
};

// The same without owning its text.
struct scope_view {
    std::string_view tenant, scope;

    scope_view(std::string_view tenant, std::string_view scope) : tenant(tenant), scope(scope) {}
    scope_view(const scope_key& key) : tenant(key.tenant), scope(key.scope) {}
    explicit operator scope_key() const { return {tenant_id(tenant), std::string(scope)}; }
    friend bool operator==(const scope_view&, const scope_view&) = default;
};

struct scope_row {
    std::string windows; // packed
    friend bool operator==(const scope_row&, const scope_row&) = default;
};

std::uint64_t hash_of(const scope_view& key);
using scope_table = ledger::row_table<scope_key, scope_row, scope_view>;
std::vector<ledger::slot> key_order(const scope_table& rows);

// The rows in which the counters of one batch are kept.
class scope_rows {
public:
    // Starts over: names the row of each counter.
    void name(const ledger::counter_rows& counters);
    scope_table& table() { return table_; }
    const scope_table& table() const { return table_; }

    // Sets the counters that the rows hold, once the store has set the rows. Fails when a row is damaged.
    store_result<void> read_into(ledger::counter_rows& counters);

    // Changes the rows whose counters have changed. False: a counter has changed whose row was not named.
    bool take(const ledger::counter_rows& counters);

private:
    struct in_row {
        ledger::slot row;
        window_counter what;
    };
    struct range {
        std::size_t first = 0, end = 0;
    };

    void note_change(ledger::slot row, const window_counter& what);
    void rewrite(ledger::slot row, std::span<const in_row> added);
    bool stays(std::size_t window, std::span<const window_counter> old, std::span<const in_row> added) const;

    scope_table table_;
    std::vector<ledger::slot> row_of_;    // by slot of a counter
    std::vector<window_counter> windows_; // as they were read, row after row
    std::vector<range> of_row_;           // in windows_
    std::vector<bool> changed_;           // of windows_
    std::vector<in_row> added_;
    std::vector<window_counter> scratch_;
};

}
