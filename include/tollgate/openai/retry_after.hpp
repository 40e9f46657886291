#pragma once

// How long a provider asks to wait before the next request.

#include <tollgate/core/fields.hpp>
#include <tollgate/core/time.hpp>

#include <cstdint>
#include <optional>
#include <span>

namespace tollgate::openai {

// Milliseconds, at most a minute: what `retry-after-ms` says, else `retry-after`, which is seconds or a date. A date is
// measured by the provider's own clock, its `date`, and by `now` where it shows none. Nothing when neither can be read.
std::optional<std::uint32_t> told_to_wait_ms(std::span<const field> fields, instant now);

}
