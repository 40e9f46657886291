#pragma once

// A pool on a real loop, and requests whose progress a test can watch.

#include "scripted_peer.hpp"

#include <tollgate/upstream/upstream_pool.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::upstream {

// What became of one request so far.
struct progress {
    bool done = false;
    bool opened = false; // the head of the answer came
    int status = 0;
    std::string body;
    std::size_t reads = 0; // that brought something
    std::vector<std::pair<std::string, std::string>> fields;
    std::optional<error> why; // of open or of a read
    bool sent = false;        // as the failure of open says
};

struct ask {
    std::shared_ptr<provider> to;
    std::string body = "{}";
    std::string method = "POST";
    std::uint32_t first_byte_ms = 0, idle_ms = 0, total_ms = 0;
    std::size_t reads_max = SIZE_MAX; // then the answer is destroyed
};

class pool_fixture : public ::testing::Test {
protected:
    pool_fixture() { clock.start(); }

    using shared_progress = std::shared_ptr<progress>;

    // Runs the loop until the condition holds; a condition that never does is a failure, not a hang.
    void until(const std::function<bool()>& condition) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition() && std::chrono::steady_clock::now() < end) io.run_one_until(end);
        ASSERT_TRUE(condition()) << "the awaited event did not come";
    }

    shared_progress start(ask what, stop_signal* stop_by = nullptr) {
        auto seen = std::make_shared<progress>();
        net::co_spawn(io, follow(std::move(what), stop_by ? stop_by : &stop, seen), [seen](std::exception_ptr failure) {
            if (failure) ADD_FAILURE() << "the request threw";
            seen->done = true;
        });
        return seen;
    }

    progress run(ask what) {
        const shared_progress seen = start(std::move(what));
        until([&] { return seen->done; });
        return *seen;
    }

    task<> follow(ask what, stop_signal* stop_by, shared_progress seen) {
        const std::string_view pieces[] = {std::string_view(what.body).substr(0, what.body.size() / 2),
                                           std::string_view(what.body).substr(what.body.size() / 2)};
        const field fields[] = {{"content-type", "application/json"}};
        const ports::upstream_request request{.to = what.to.get(),
                                              .method = what.method,
                                              .path = "/chat/completions",
                                              .fields = fields,
                                              .body = pieces,
                                              .first_byte_ms = what.first_byte_ms,
                                              .idle_ms = what.idle_ms,
                                              .total_ms = what.total_ms};
        auto opened = co_await pool->open(request, *stop_by);
        if (!opened) {
            seen->why = opened.error().why;
            seen->sent = opened.error().sent;
            co_return;
        }
        const std::unique_ptr<ports::upstream_answer> answer = std::move(*opened);
        seen->opened = true;
        seen->status = answer->status();
        while (seen->reads < what.reads_max) {
            auto piece = co_await answer->read();
            if (!piece) seen->why = piece.error();
            if (!piece || piece->empty()) break;
            seen->body += *piece;
            ++seen->reads;
        }
        // Fields stay valid behind the end, when another request may already be using the connection.
        for (const field& f : answer->fields()) seen->fields.emplace_back(f.name, f.value);
    }

    net::io_context io{1};
    ticker clock{io.get_executor()};
    tls_contexts contexts;
    std::vector<std::string> lookups;
    addresses known{net::ip::address_v4::loopback()}; // what every host name resolves to
    bool lookup_silent = false;
    dns_cache names{[this](const std::string& host, dns_cache::answer done) {
                        lookups.push_back(host);
                        if (lookup_silent) return;
                        net::post(io, [done = std::move(done), found = known] { done({}, found); });
                    },
                    {}};
    std::unique_ptr<upstream_pool> pool = std::make_unique<upstream_pool>(io.get_executor(), clock, contexts, names);
    stop_signal stop;
};

inline std::string ok_answer(std::string_view body, std::string_view more_fields = "") {
    return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + std::string(more_fields) +
           "\r\n" + std::string(body);
}

}
