#pragma once

// gzip and zlib (deflate) bodies from providers that compress although identity was asked for. Bounded per step, so a
// small answer can not become a large allocation.

#include <tollgate/core/error.hpp>

#include <memory>
#include <string_view>

namespace tollgate::upstream {

class inflater {
public:
    inflater();
    ~inflater();
    inflater(const inflater&) = delete;
    inflater& operator=(const inflater&) = delete;

    // Inflates from the front of `in` and drops what it used; at most limits::inflated_bytes_per_read, valid until the
    // next call. Empty: `in` is used up. Fails with stream_truncated on bytes that are not what they claim.
    result<std::string_view> next(std::string_view& in);
    // Whether the body may end here.
    bool at_end() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}
