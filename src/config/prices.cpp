// prices.yaml: rows, then what must hold between them.
#include "prices_fields.hpp"

#include <map>

namespace tollgate::config {

namespace {

constexpr std::int64_t jump_max = 100; // a price this many times its predecessor is a slip of the point
constexpr std::string_view billed_rates[] = {"input", "output"};

struct named_rate {
    std::string_view name;
    std::int64_t before, after;
};

bool jumps(std::int64_t before, std::int64_t after) {
    return before > 0 && after / jump_max >= before && after > before * jump_max;
}

void check_jump(const price_row& before, const price_row& after, context& at) {
    const token_rates &b = before.rates, &a = after.rates;
    const named_rate rates[] = {
        {"input", b.input, a.input},
        {"output", b.output, a.output},
        {"cached_input", b.cached_input.value_or(b.input), a.cached_input.value_or(a.input)},
        {"cache_write", b.cache_write.value_or(b.input), a.cache_write.value_or(a.input)},
        {"reasoning", b.reasoning.value_or(b.output), a.reasoning.value_or(a.output)},
        {"per_request_usd", before.terms.per_request.count(), after.terms.per_request.count()},
        {"per_tool_call_usd", before.terms.per_tool_call.count(), after.terms.per_tool_call.count()},
    };
    for (const named_rate& rate : rates)
        if (jumps(rate.before, rate.after))
            at.error(*after.where, "`" + std::string(rate.name) + "` of " + after.provider + "/" + after.model +
                                       " is over 100 times its predecessor on line " +
                                       std::to_string(before.where->line));
}

void check_row(const node& where, const price_row& row, context& at) {
    for (const std::string_view key : {"provider", "model", "effective_from"}) require(where, key, at);
    for (const std::string_view key : billed_rates) require(where, key, at);
    if (row.ends && row.until <= row.terms.effective_from)
        at.error(where, "`effective_to` must be after `effective_from`");
    if (!row.terms.long_tier) return;
    const token_rates& above = row.terms.long_tier->rates;
    if (above.input < row.rates.input || above.output < row.rates.output)
        at.warn(where, "`long_context` is cheaper than the rates below its threshold");
}

// The rows of one model in order of time: an open end is closed by the next row.
void add_series(std::vector<const price_row*>& series, std::vector<price>& into, context& at) {
    std::ranges::sort(series, {},
                      [](const price_row* row) { return std::pair(row->terms.effective_from, row->where->line); });
    for (std::size_t i = 0; i < series.size(); ++i) {
        const price_row& row = *series[i];
        price made = row.terms;
        made.rates = row.rates;
        if (row.ends) made.effective_to = row.until;
        if (i + 1 < series.size()) {
            const price_row& next = *series[i + 1];
            const instant begins = next.terms.effective_from;
            const bool overlaps = begins == row.terms.effective_from || (row.ends && row.until > begins);
            if (overlaps)
                at.error(*next.where, "overlaps the row on line " + std::to_string(row.where->line) + " for " +
                                          row.provider + "/" + row.model);
            if (!row.ends) made.effective_to = begins;
            check_jump(row, next, at);
        }
        into.push_back(std::move(made));
    }
}

}

std::optional<std::int32_t> read_multiplier(node& value, context& at) {
    const auto got = read_permille<>(value, at);
    if (got != 0) return got;
    at.error(value, "a multiplier of 0 would make it free; leave it out where the price is the same");
    return std::nullopt;
}

void read_long_context(node& value, price_row& into, context& at) {
    if (!is_map(value, at)) return;
    price::long_context tier;
    read_object(value, long_context_fields, tier, at);
    require(value, "above_tokens", at);
    for (const std::string_view key : billed_rates) require(value, key, at);
    into.terms.long_tier = tier;
}

void read_effective_to(node& value, price_row& into, context& at) {
    const auto until = read_instant(value, at);
    if (!until) return;
    into.until = *until;
    into.ends = true;
}

void read_rows(node& value, price_file& into, context& at) {
    if (value.what == node::kind::null) return;
    if (value.what != node::kind::list) return at.error(value, "must be a list of rows");
    for (node& item : value.items) {
        if (item.what == node::kind::null) at.error(item, "an empty row");
        if (!is_map(item, at)) continue;
        price_row& row = into.rows.emplace_back();
        row.where = &item;
        read_object(item, price_row_fields, row, at);
        check_row(item, row, at);
    }
}

void read_prices(node& document, price_book& into, context& at) {
    price_file file;
    read_object(document, price_file_fields, file, at);
    require(document, "version", at);
    into.version = file.version;
    into.count = file.rows.size();

    std::map<std::string, std::vector<const price_row*>> series;
    for (const price_row& row : file.rows) {
        series[row.provider + "/" + row.model].push_back(&row);
        for (const std::string& name : row.also_named) series[row.provider + "/" + name].push_back(&row);
    }
    for (auto& [key, rows] : series) add_series(rows, into.rows[key], at);
}

}
