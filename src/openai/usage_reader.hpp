#pragma once

// From a provider's usage object, in any of its spellings, to normalised usage.

#include "json_reader.hpp"

#include <tollgate/openai/metering.hpp>

#include <optional>

namespace tollgate::openai {

// Consumes the object and replaces what `into` knew of usage (never adds: some providers send running totals).
// An object without any count leaves `into` as it was. False: the reader has failed.
bool read_usage(json::reader& reader, json::ondemand::value from, const provider_quirks& quirks, usage_report& into);

}
