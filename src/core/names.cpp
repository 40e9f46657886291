// Names of small enumerations: what users read and write.
#include <tollgate/core/assert.hpp>
#include <tollgate/core/attribution.hpp>
#include <tollgate/core/fields.hpp>
#include <tollgate/core/usage.hpp>

#include <algorithm>
#include <array>

namespace tollgate {

namespace {

constexpr std::array<std::string_view, dimensions> dimension_names{
    "tenant",  "workspace", "key",  "feature",  "agent",       "end_user",
    "session", "model",     "tier", "provider", "environment", "request_class"};

}

std::string_view name_of(dimension d) { return dimension_names[static_cast<std::size_t>(d)]; }

std::optional<dimension> parse_dimension(std::string_view name) {
    const auto at = std::ranges::find(dimension_names, name);
    if (at == dimension_names.end()) return std::nullopt;
    return static_cast<dimension>(at - dimension_names.begin());
}

const std::string& attribution::of(dimension d) const {
    constexpr std::string attribution::* values[dimensions] = {
        &attribution::tenant, &attribution::workspace, &attribution::key_family,  &attribution::feature,
        &attribution::agent,  &attribution::end_user,  &attribution::session,     &attribution::model,
        &attribution::tier,   &attribution::provider,  &attribution::environment, &attribution::request_class};
    if (d == dimension::key && key_family.empty()) return key;
    return this->*values[static_cast<std::size_t>(d)];
}

std::string_view name_of(cost_source source) {
    switch (source) {
    case cost_source::provider_usage: return "provider_usage";
    case cost_source::counted: return "counted";
    case cost_source::estimated: return "estimated";
    }
    TG_ASSERT(false);
}

bool same_letters(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return x == y || lower(x) == lower(y); });
}

}
