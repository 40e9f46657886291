#pragma once

// The provider side: one request out, one answer in, over pooled connections.

#include <tollgate/core/catalog.hpp>
#include <tollgate/core/error.hpp>
#include <tollgate/core/fields.hpp>
#include <tollgate/runtime/stop_signal.hpp>
#include <tollgate/runtime/task.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace tollgate::ports {

struct upstream_request {
    const provider* to = nullptr;
    std::string_view method = "POST";
    std::string_view path;                  // after the provider's path_prefix: "/chat/completions"
    std::span<const field> fields;          // passed on as they are; host, auth, framing and accept-encoding are added
    std::span<const std::string_view> body; // pieces; valid until open returns
    std::uint32_t first_byte_ms = 0, idle_ms = 0, total_ms = 0; // 0: the provider's, then limits.hpp
};

// An answer whose head has arrived. Destroying it before the end closes the connection; at the end that goes back to
// the pool.
class upstream_answer {
public:
    virtual ~upstream_answer() = default;
    virtual int status() const = 0;
    virtual std::span<const field> fields() const = 0; // hop-by-hop fields removed; valid until destroyed
    // The next bytes of the body without their framing, valid until the next call; empty: the clean end.
    // Errors: stream_truncated (cut before the end its framing promised), provider_timeout (idle or total deadline),
    // provider_unavailable (stop fired).
    virtual task<result<std::string_view>> read() = 0;
    // The same without waiting; nothing: ask read().
    virtual std::optional<result<std::string_view>> at_hand() { return std::nullopt; }
    virtual void drop_read() {} // what was read last is not looked at any more: gives its memory back
};

class upstream {
public:
    virtual ~upstream() = default;
    // Errors, with `sent` telling whether a byte of the request may have reached the provider:
    // provider_unavailable (connect, TLS, reset), provider_timeout (connect or first byte).
    // A pooled connection that turns out stale before a byte of the answer is replaced once, silently.
    struct failure {
        error why;
        bool sent = false;
    };
    virtual task<std::expected<std::unique_ptr<upstream_answer>, failure>> open(const upstream_request& request,
                                                                                stop_signal& stop) = 0;
};

}
