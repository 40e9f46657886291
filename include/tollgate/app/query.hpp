#pragma once

// The query of an account or admin endpoint. Strict: a misspelled parameter is an error, not another answer.

#include <tollgate/core/refusal.hpp>
#include <tollgate/core/window.hpp>
#include <tollgate/store/account_store.hpp>

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::app {

// Nothing when it is wrongly encoded. "+" stays, as times have offsets.
std::optional<std::string> percent_decoded(std::string_view text);

class parameters {
public:
    // Takes the names in `known`, each once. Percent-encoding is undone; "+" stays, as times have offsets.
    static std::expected<parameters, refusal> read(std::string_view query, std::span<const std::string_view> known);

    std::optional<std::string_view> find(std::string_view name) const;

private:
    std::vector<std::pair<std::string, std::string>> all_;
};

refusal bad_parameter(std::string_view name, std::string message);

// `from` and `to`; by default the month that holds `now`.
std::expected<store::usage_query, refusal> read_range(const parameters& asked, const tenant_id& tenant, instant now,
                                                      const time_zone& zone);

}
