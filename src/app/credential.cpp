#include <tollgate/app/credential.hpp>

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

std::optional<std::string_view> credential_of(std::span<const field> fields) {
    static constexpr std::string_view scheme = "Bearer ";
    std::optional<std::string_view> found;
    if (const auto value = find_field(fields, "authorization")) {
        if (value->size() > scheme.size() && same_name(value->substr(0, scheme.size()), scheme))
            found = value->substr(std::min(value->find_first_not_of(' ', scheme.size()), value->size()));
    }
    if (!found) found = find_field(fields, "x-api-key");
    if (!found) found = find_field(fields, "api-key");
    if (!found || found->empty() || found->size() > limits::key_bytes_max) return std::nullopt;
    return found;
}

}
