#pragma once

// One HTTP exchange as the application sees it: the request read so far, and the way to answer.
// Lives on one I/O thread. Views stay valid until the exchange ends (the body: until drop_body).

#include <tollgate/core/error.hpp>
#include <tollgate/core/fields.hpp>
#include <tollgate/core/time.hpp>
#include <tollgate/runtime/stop_signal.hpp>
#include <tollgate/runtime/task.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace tollgate::ports {

class exchange {
public:
    virtual ~exchange() = default;

    // ---- request ----
    virtual std::string_view method() const = 0;
    virtual std::string_view path() const = 0; // without the query, still percent-encoded
    virtual std::string_view query() const = 0;
    virtual std::span<const field> fields() const = 0;
    virtual std::string_view peer() const = 0;   // address; of the client behind a trusted proxy when it says so
    virtual std::int64_t arrived_us() const = 0; // steady clock, when the head was complete

    // Reads the whole body, at most `bytes_max` (sends 100-continue first when the client waits for it). The view is
    // followed by at least 64 readable bytes. Errors: body_too_large, request_timeout, invalid_request (bad framing).
    // After an error the answer closes the connection. Not calling it leaves the body unread; the server deals with it.
    virtual task<result<std::string_view>> read_body(std::size_t bytes_max) = 0;
    // The same body, when all of it has come (mostly with the head); nothing: ask read_body().
    virtual std::optional<std::string_view> body_at_hand(std::size_t) { return std::nullopt; }
    virtual void drop_body() = 0; // gives its memory back

    // ---- answer: either send, or begin / write... / finish or abort; false: the client is gone ----
    // Framing fields (content-length, transfer-encoding, connection, date) are the server's own; do not pass them.
    virtual task<bool> send(int status, std::span<const field> fields, std::string_view body) = 0;
    virtual task<bool> begin(
        int status,
        std::span<const field> fields) = 0; // chunked (close-delimited on HTTP/1.0); sent with the first write or flush
    // Undoes begin() while no byte of it has left: then it is true, and send or begin may follow.
    virtual bool take_back() { return false; }
    virtual task<bool> write(std::span<const std::string_view> pieces) = 0; // one chunk; waits until the kernel took it
    // The same without waiting; nothing: the kernel took less than all. Then write() must be called with the same
    // pieces.
    virtual std::optional<bool> try_write(std::span<const std::string_view>) { return std::nullopt; }
    // The clean end, behind one last chunk of `pieces`; empty: behind what was written.
    virtual task<bool> finish(std::span<const std::string_view> pieces) = 0;
    virtual void abort() = 0; // the connection ends without one

    virtual bool begun() const = 0; // a byte of the answer may have left

    // Fires when the client has gone (reset, write failure) or the server must end the exchange (shutdown past its
    // deadline). A client that only sent FIN has not gone.
    virtual stop_signal& stop() = 0;
    // The client has said it sends nothing more; it may still read.
    virtual bool half_closed() const { return false; }
};

}
