#pragma once

// catalog.yaml: providers, models, tiers; joined with the price book.

#include <tollgate/config/prices_file.hpp>
#include <tollgate/core/catalog.hpp>

#include <string>
#include <string_view>

namespace tollgate::config {

struct base_url {
    bool tls = false;
    std::string host;
    std::uint16_t port = 0;
    std::string path; // without a trailing slash; may be empty
    friend bool operator==(const base_url&, const base_url&) = default;
};

// "https://api.openai.com/v1". The error says what is wrong; queries and credentials have no place in it.
std::expected<base_url, std::string> parse_base_url(std::string_view text);

// `now`: models without a price in force at that moment are reported as warnings. `ca_file` paths start at `folder`.
void read_catalog(node& document, const price_book& prices, instant now, const std::string& folder,
                  tollgate::catalog& into, context& at);

}
