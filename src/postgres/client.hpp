#pragma once

// A connection that is opened again after it was lost: at most one attempt per use, so that a caller never waits long.

#include "connection.hpp"

namespace tollgate::postgres {

class client {
public:
    explicit client(connect_options options) : options_(std::move(options)) {}
    virtual ~client() = default;

    // The connection, open; prepared anew when it had been lost.
    store_result<connection*> ready() {
        if (live_ && !live_->broken() && !live_->lost_while_idle()) return live_.get();
        live_.reset();
        auto made = connection::open(options_);
        if (!made) return std::unexpected(made.error());
        if (auto done = on_open(**made); !done) return std::unexpected(done.error());
        live_ = std::move(*made);
        return live_.get();
    }
    connection* live() { return live_ && !live_->broken() ? live_.get() : nullptr; }

    // One statement with its parameters, in a transaction of its own.
    template <class OnRow>
    store_result<std::int64_t> ask(const std::string& sql, scalars& values, OnRow on_row) {
        const auto db = ready();
        if (!db) return std::unexpected(db.error());
        (*db)->query(sql, values.finish());
        if (auto done = (*db)->run([&](std::size_t, reader& in) { on_row(in); }); !done)
            return std::unexpected(done.error());
        return (*db)->changed(0);
    }

protected:
    virtual store_result<void> on_open(connection&) { return {}; }

private:
    connect_options options_;
    std::unique_ptr<connection> live_;
};

}
