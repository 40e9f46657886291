#pragma once

// JSON for --json: members keep the order in which they are written.

#include <tollgate/core/ids.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>

namespace tollgate::cli {

using json = nlohmann::ordered_json;

// Whatever text is in it: bytes that are not UTF-8 are replaced.
inline void print(std::ostream& out, const json& value) {
    out << value.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

inline json or_null(const std::string& text) { return text.empty() ? json() : json(text); }
inline json or_null(const std::optional<instant>& when) { return when ? json(to_rfc3339(*when)) : json(); }
inline std::string or_empty(const std::optional<instant>& when) { return when ? to_rfc3339(*when) : std::string(); }

}
