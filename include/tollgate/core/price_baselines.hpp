#pragma once

// Prices that were approved: what a price in force is compared with before it may be paid.

#include <tollgate/core/price.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate {

struct price_baseline {
    std::string tenant;          // empty: of every tenant
    std::string provider, model; // the model as the provider calls it
    price approved;
    instant at;
    std::string actor; // "first_seen", or who approved it
    friend bool operator==(const price_baseline&, const price_baseline&) = default;
};

// Immutable; swapped whole.
class price_baselines {
public:
    price_baselines() = default;
    explicit price_baselines(std::vector<price_baseline> rows);

    // The newer of the tenant's own and everybody's; null: nothing was ever approved.
    const price* find(std::string_view tenant, std::string_view provider, std::string_view model) const;
    std::span<const price_baseline> rows() const { return rows_; }

private:
    std::vector<price_baseline> rows_;
    std::unordered_map<std::string, std::size_t> index_;
};

// What a price asks, without the time it is in force: one line of integers. Reads back to the same.
std::string to_text(const price& terms);
std::optional<price> parse_price(std::string_view text);

}
