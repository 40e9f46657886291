#pragma once

#include <tollgate/core/fields.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace tollgate::app {

// The credential of a request: all that follows "Bearer " in Authorization, else x-api-key, else api-key.
std::optional<std::string_view> credential_of(std::span<const field> fields);

}
