#pragma once

// prices.yaml: dated rows per provider and model.

#include <tollgate/config/reader.hpp>
#include <tollgate/core/price.hpp>

#include <string>
#include <unordered_map>
#include <vector>

namespace tollgate::config {

struct price_book {
    std::string version;
    std::unordered_map<std::string, std::vector<price>> rows; // "provider/model", ascending, never overlapping
    std::size_t count = 0;                                    // rows as written
};

void read_prices(node& document, price_book& into, context& at);

}
