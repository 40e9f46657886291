#pragma once

// A deterministic OpenAI-compatible provider for tests, demos and benchmarks. See src/mock/README.md for what its
// callers can ask of it.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tollgate::mock {

struct upstream_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; // the system chooses
    unsigned threads = 1;
};

class mock_upstream {
public:
    explicit mock_upstream(upstream_options options);
    mock_upstream(const mock_upstream&) = delete;
    mock_upstream& operator=(const mock_upstream&) = delete;
    ~mock_upstream(); // stops

    // Runs in threads of its own. Returns the bound port; throws when it cannot listen.
    std::uint16_t start();
    void stop(); // connections are closed; waits for the threads
    std::uint16_t port() const;
    std::string base_url() const;      // "http://127.0.0.1:4711"
    std::string requests_json() const; // what GET /__mock/requests answers

private:
    struct state;
    std::unique_ptr<state> state_;
};

// "127.0.0.1:9001", "[::1]:0", ":9001" -> address and port. Throws std::runtime_error.
upstream_options parse_listen(std::string_view listen);

// Prints the bound address as one line and runs until SIGINT or SIGTERM. Returns the exit code.
int run_mock_upstream(std::string_view listen, unsigned threads);

}
