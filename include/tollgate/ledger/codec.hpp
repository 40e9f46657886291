#pragma once

// Settlements as bytes, for the outbox. A private format of one version: an outbox never outlives an upgrade by more
// than one start, and a record of another version is refused, not guessed at.

#include <tollgate/ledger/types.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate::ledger {

// Only endings go through the outbox.
using ending_op = std::variant<settle_op, release_op>;

std::string encode(const ending_op& op);
std::optional<ending_op> decode(std::string_view bytes);

}
