#include <tollgate/store/scope_rows.hpp>

#include "take_number.hpp"

#include <tollgate/store/verify.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace tollgate::store {

namespace {

using ledger::counter;
using ledger::slot;

constexpr std::size_t number_bytes_max = 20;                           // a sign and 19 digits
constexpr std::size_t line_bytes_max = 8 + 7 * (number_bytes_max + 1); // the longest name of a window is shorter than 8

bool holds(const counter& at) { return at.held != usd_nano() || at.in_flight != 0 || at.tokens_held != 0; }

bool same_window(const window_counter& a, const window_counter& b) {
    return a.start_s == b.start_s && a.span == b.span;
}

bool take_window(std::string_view& text, window_counter& out) {
    const std::size_t space = text.find(' ');
    if (space == text.npos) return false;
    const auto span = parse_window(text.substr(0, space));
    if (!span) return false;
    out.span = *span;
    text.remove_prefix(space + 1);
    std::array<std::int64_t, 7> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const auto number = take_number(text, i + 1 == numbers.size() ? '\n' : ' ');
        if (!number) return false;
        numbers[i] = *number;
    }
    const auto [start_s, spent, held, requests, tokens, tokens_held, in_flight] = numbers;
    out.start_s = start_s;
    out.at = {usd_nano(spent), usd_nano(held), requests, tokens, tokens_held, in_flight};
    return true;
}

}

std::string pack_windows(std::span<const window_counter> windows) {
    constexpr std::size_t usual_line = 64;
    std::string out;
    out.reserve(windows.size() * usual_line);
    for (const window_counter& each : windows) {
        std::array<char, line_bytes_max> line{};
        const std::string_view name = name_of(each.span);
        char* at = std::ranges::copy(name, line.data()).out;
        for (const std::int64_t number : {each.start_s, each.at.spent.count(), each.at.held.count(), each.at.requests,
                                          each.at.tokens, each.at.tokens_held, each.at.in_flight}) {
            *at++ = ' ';
            at = std::to_chars(at, line.end(), number).ptr;
        }
        *at++ = '\n';
        out.append(line.data(), at);
    }
    return out;
}

bool unpack_windows(std::string_view text, std::vector<window_counter>& out) {
    while (!text.empty())
        if (!take_window(text, out.emplace_back())) return false;
    return true;
}

bool is_over(std::span<const window_counter> windows, instant now) {
    return std::ranges::all_of(windows, [&](const window_counter& each) {
        return !holds(each.at) && may_be_pruned(each.span, each.start_s, now);
    });
}

std::uint64_t hash_of(const scope_view& key) {
    const std::uint64_t mixed = ledger::hash_of(key.tenant) + ledger::hash_of(key.scope) * 31;
    return mixed ^ mixed >> 32;
}

std::vector<slot> key_order(const scope_table& rows) {
    std::vector<slot> order(rows.size());
    std::iota(order.begin(), order.end(), slot{0});
    std::ranges::sort(order, [&](slot a, slot b) { return rows.key(a) < rows.key(b); });
    return order;
}

// ---- the rows of a batch ------------------------------------------------------------------------------------------

void scope_rows::name(const ledger::counter_rows& counters) {
    table_.clear();
    row_of_.clear();
    row_of_.reserve(counters.size());
    const ledger::counter_key* last = nullptr;
    for (slot i = 0; i < counters.size(); ++i) {
        const ledger::counter_key& key = counters.key(i);
        // An operation names the windows of a scope one after the other.
        const bool same = last && last->scope == key.scope && last->tenant == key.tenant;
        row_of_.push_back(same ? row_of_.back() : table_.add({key.tenant, key.scope}));
        last = &key;
    }
}

store_result<void> scope_rows::read_into(ledger::counter_rows& counters) {
    windows_.clear();
    of_row_.clear();
    for (slot i = 0; i < table_.size(); ++i) {
        const std::size_t first = windows_.size();
        if (!unpack_windows(table_.row(i).windows, windows_))
            return std::unexpected(store_error{store_fault::corrupt, "counters.windows cannot be read"});
        of_row_.push_back({first, windows_.size()});
    }
    changed_.assign(windows_.size(), false);
    for (slot i = 0; i < counters.size(); ++i) {
        const ledger::counter_key& key = counters.key(i);
        const auto [first, end] = of_row_[row_of_[i]];
        for (std::size_t at = first; at < end; ++at)
            if (windows_[at].start_s == key.start_s && windows_[at].span == key.span)
                counters.set_found(i, windows_[at].at);
    }
    return {};
}

bool scope_rows::take(const ledger::counter_rows& counters) {
    added_.clear();
    for (slot i = 0; i < counters.size(); ++i) {
        if (!counters.changed(i)) continue;
        const ledger::counter_key& key = counters.key(i);
        const auto row = i < row_of_.size() ? std::optional(row_of_[i]) : table_.find({key.tenant, key.scope});
        if (!row) return false;
        table_.change(*row);
        note_change(*row, {key.span, key.start_s, counters.row(i)});
    }
    std::ranges::sort(added_, {}, &in_row::row);
    auto added = added_.cbegin();
    for (slot row = 0; row < table_.size(); ++row) {
        const auto first = added;
        while (added != added_.cend() && added->row == row) ++added;
        if (table_.changed(row)) rewrite(row, {first, added});
    }
    return true;
}

// In its place when the row has it, else beside.
void scope_rows::note_change(slot row, const window_counter& what) {
    const auto [first, end] = of_row_[row];
    for (std::size_t at = first; at < end; ++at) {
        if (!same_window(windows_[at], what)) continue;
        windows_[at].at = what.at;
        changed_[at] = true;
        return;
    }
    added_.push_back({row, what});
}

// Only a new window makes another one old.
void scope_rows::rewrite(slot row, std::span<const in_row> added) {
    const auto [first, end] = of_row_[row];
    const auto old = std::span<const window_counter>(windows_).subspan(first, end - first);
    if (added.empty()) {
        table_.change(row).windows = pack_windows(old);
        return;
    }
    scratch_.clear();
    for (std::size_t at = first; at < end; ++at)
        if (stays(at, old, added)) scratch_.push_back(windows_[at]);
    for (const in_row& each : added) scratch_.push_back(each.what);
    std::ranges::sort(scratch_, {}, [](const window_counter& each) { return std::pair(each.span, each.start_s); });
    table_.change(row).windows = pack_windows(scratch_);
}

bool scope_rows::stays(std::size_t window, std::span<const window_counter> old, std::span<const in_row> added) const {
    const window_counter& one = windows_[window];
    if (changed_[window] || holds(one.at)) return true;
    const auto newer = [&](const window_counter& other) {
        return other.span == one.span && other.start_s > one.start_s;
    };
    const auto count = std::ranges::count_if(old, newer) + std::ranges::count_if(added, newer, &in_row::what);
    return count < static_cast<std::ptrdiff_t>(windows_kept);
}

}
