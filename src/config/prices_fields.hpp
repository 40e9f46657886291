#pragma once

// The tables of prices.yaml.

#include <tollgate/config/prices_file.hpp>
#include <tollgate/core/limits.hpp>

namespace tollgate::config {

struct price_row {
    std::string provider, model;
    std::vector<std::string> also_named; // other names by which answers call the model, at the same price
    token_rates rates;
    price terms; // everything but the rates
    instant until;
    bool ends = false;
    const node* where = nullptr;
};

struct price_file {
    std::string version;
    std::vector<price_row> rows;
};

// Optional members keep their own type in token_rates; both kinds are assigned alike.
template <class Row, auto Rate>
constexpr field<Row> rate(std::string_view key) {
    return {key, [](node& value, Row& into, context& at) {
                if (const auto got = read_rate(value, at)) into.rates.*Rate = *got;
            }};
}

template <auto Member, auto Read>
constexpr field<price_row> term(std::string_view key) {
    return {key, [](node& value, price_row& into, context& at) {
                if (const auto got = Read(value, at)) into.terms.*Member = *got;
            }};
}

inline constexpr field<price::long_context> long_context_fields[] = {
    bind<&price::long_context::above_tokens, read_count<1, limits::tokens_max>>("above_tokens"),
    rate<price::long_context, &token_rates::input>("input"),
    rate<price::long_context, &token_rates::output>("output"),
    rate<price::long_context, &token_rates::cached_input>("cached_input"),
    rate<price::long_context, &token_rates::cache_write>("cache_write"),
    rate<price::long_context, &token_rates::cache_write_1h>("cache_write_1h"),
    rate<price::long_context, &token_rates::reasoning>("reasoning"),
    rate<price::long_context, &token_rates::audio_input>("audio_input"),
    rate<price::long_context, &token_rates::audio_output>("audio_output"),
    rate<price::long_context, &token_rates::image_input>("image_input"),
};

std::optional<std::int32_t> read_multiplier(node& value, context& at);

inline constexpr field<price> multiplier_fields[] = {
    bind<&price::flex_permille, read_multiplier>("flex"),
    bind<&price::priority_permille, read_multiplier>("priority"),
    bind<&price::batch_permille, read_multiplier>("batch"),
    bind<&price::region_permille, read_multiplier>("region"),
};

void read_long_context(node& value, price_row& into, context& at);
void read_effective_to(node& value, price_row& into, context& at);
void read_rows(node& value, price_file& into, context& at);

inline constexpr field<price_row> price_row_fields[] = {
    bind<&price_row::provider, read_id>("provider"),
    bind<&price_row::model, read_id>("model"),
    bind<&price_row::also_named, read_names>("also_named"),
    rate<price_row, &token_rates::input>("input"),
    rate<price_row, &token_rates::output>("output"),
    rate<price_row, &token_rates::cached_input>("cached_input"),
    rate<price_row, &token_rates::cache_write>("cache_write"),
    rate<price_row, &token_rates::cache_write_1h>("cache_write_1h"),
    rate<price_row, &token_rates::reasoning>("reasoning"),
    rate<price_row, &token_rates::audio_input>("audio_input"),
    rate<price_row, &token_rates::audio_output>("audio_output"),
    rate<price_row, &token_rates::image_input>("image_input"),
    term<&price::per_request, read_money>("per_request_usd"),
    term<&price::per_tool_call, read_money>("per_tool_call_usd"),
    {"long_context", read_long_context},
    {"multipliers",
     [](node& value, price_row& into, context& at) { read_object(value, multiplier_fields, into.terms, at); }, true},
    term<&price::effective_from, read_instant>("effective_from"),
    {"effective_to", read_effective_to},
};

inline constexpr field<price_file> price_file_fields[] = {
    bind<&price_file::version, read_id>("version"),
    {"prices", read_rows, true},
};

}
