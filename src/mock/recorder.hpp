#pragma once

// What the mock has received: counts for ever, the last requests in full. Shared by its threads.

#include <tollgate/ports/exchange.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tollgate::mock {

class recorder {
public:
    recorder();
    // `valid_json` says whether the body may be shown as it is.
    void record(const ports::exchange& from, std::string_view body, bool valid_json, std::string_view model);
    void client_gone();
    void reset();
    std::string to_json() const;

    // Credentials are shown as their SHA-256 only.
    static bool is_credential(std::string_view name);
    static std::string sha256_hex(std::string_view text);

private:
    struct received {
        std::uint64_t sequence = 0;
        std::string line;   // method, target
        std::string fields; // name, 0, value, 0, ...
        std::string body;
        std::size_t body_bytes = 0;
        bool json = false;
    };
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using tally = std::unordered_map<std::string, std::uint64_t, hash, std::equal_to<>>;

    static void add(tally& to, std::string_view name);
    static void put_tally(std::string& out, const tally& from);
    static void put_received(std::string& out, const received& one);
    static void put_fields(std::string& out, std::string_view fields);

    mutable std::mutex mutex_;
    std::uint64_t total_ = 0, without_credential_ = 0, clients_gone_ = 0;
    tally by_path_, by_model_;
    std::vector<received> last_; // a ring; its strings are reused
};

}
