#pragma once

// The process's own log, on stderr: what happened to the gateway, not to requests. A line is a message and facts by
// name. Never a key, a prompt or a completion. Any thread.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tollgate::observability {

enum class level : std::uint8_t { trace, debug, info, warn, error, off };
std::optional<level> parse_level(std::string_view name);

enum class log_format : std::uint8_t { text, json };

struct fact {
    std::string_view name;
    std::string value;
};

class logger {
public:
    struct options {
        level least = level::info;
        log_format format = log_format::text;
        std::function<void(std::string_view line)> to; // with its newline; empty: stderr
    };
    explicit logger(options how);
    ~logger();
    logger(const logger&) = delete;
    logger& operator=(const logger&) = delete;

    bool wants(level at) const;
    void set_level(level least);
    void write(level at, std::string_view message, std::initializer_list<fact> facts = {});

    void debug(std::string_view message, std::initializer_list<fact> facts = {}) {
        write(level::debug, message, facts);
    }
    void info(std::string_view message, std::initializer_list<fact> facts = {}) { write(level::info, message, facts); }
    void warn(std::string_view message, std::initializer_list<fact> facts = {}) { write(level::warn, message, facts); }
    void error(std::string_view message, std::initializer_list<fact> facts = {}) {
        write(level::error, message, facts);
    }
    void flush();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}
