#pragma once

// What a counter is given for requests that did not touch it, because nobody kept it when they ran: a limit that was
// added in mid-window, another time zone. A counter is then the sum of what touched it and of its seed.

#include <tollgate/ledger/types.hpp>

#include <optional>

namespace tollgate::ledger {

// The whole of it, not a difference: writing the same seed again changes nothing.
struct seed {
    counter_key key;
    usd_nano spent;
    std::int64_t requests = 0, tokens = 0;
    instant as_of; // the store's clock before anything of it was read: of two seeds the later one knows more
    bool same_amounts(const seed& other) const {
        return spent == other.spent && requests == other.requests && tokens == other.tokens;
    }
    friend bool operator==(const seed&, const seed&) = default;
};

struct planted {
    counter at;
    seed kept;
};

// The counter and its seed as they must be written. Nothing when there is nothing to write: an older seed, or one
// without amounts where none is.
std::optional<planted> plant(const counter& at, const std::optional<seed>& before, const seed& fresh);

}
