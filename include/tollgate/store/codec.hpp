#pragma once

// Values that both databases keep as text: enumerations by name, and lists in a compact form.

#include <tollgate/core/usage.hpp>
#include <tollgate/ledger/types.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::store {

std::string_view name_of(ledger::funding from);
std::string_view name_of(ledger::unknown_usage choice);

// Nothing for a name that no version wrote: the row is damaged.
std::optional<ledger::ending> parse_ending(std::string_view name);
std::optional<ledger::account> parse_account(std::string_view name);
std::optional<ledger::funding> parse_funding(std::string_view name);
std::optional<ledger::unknown_usage> parse_unknown_usage(std::string_view name);
std::optional<cost_source> parse_cost_source(std::string_view name);

// The counters of a hold: "<span digit><start>:<length>:<scope>" each, joined. Scopes may hold any byte.
std::string pack_touched(const std::vector<ledger::touched>& rows);
std::optional<std::vector<ledger::touched>> unpack_touched(std::string_view text);

// The token kinds that most requests do not have, as comma-separated numbers; empty when all are zero.
std::string pack_other_usage(const usage& used);
bool unpack_other_usage(std::string_view text, usage& used);

// Names that contain no newline, one a line.
std::string pack_lines(const std::vector<std::string>& lines);
std::vector<std::string> unpack_lines(std::string_view text);

}
