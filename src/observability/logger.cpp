#include <tollgate/observability/logger.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/core/json_writer.hpp>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <mutex>

namespace tollgate::observability {

namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info", "warn", "error", "off"};

spdlog::level::level_enum spdlog_level(level at) {
    switch (at) {
    case level::trace: return spdlog::level::trace;
    case level::debug: return spdlog::level::debug;
    case level::info: return spdlog::level::info;
    case level::warn: return spdlog::level::warn;
    case level::error: return spdlog::level::err;
    case level::off: return spdlog::level::off;
    }
    TG_ASSERT(false);
}

class function_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit function_sink(std::function<void(std::string_view)> to) : to_(std::move(to)) {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        to_(std::string_view(line.data(), line.size()));
    }
    void flush_() override {}

    std::function<void(std::string_view)> to_;
};

spdlog::sink_ptr make_sink(const logger::options& how) {
    if (how.to) return std::make_shared<function_sink>(how.to);
    return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

// Values are quoted where a blank would end them; control characters never reach the terminal.
void append_value(std::string& out, std::string_view value) {
    const bool bare = !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos;
    std::string quoted;
    append_json_string(quoted, value);
    const bool unchanged = quoted.size() == value.size() + 2;
    out += bare && unchanged ? value : std::string_view(quoted);
}

// A message is ours, but it may carry a peer's words.
std::string one_line(std::string_view message) {
    std::string out(message);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return out;
}

std::string as_text(std::string_view message, std::initializer_list<fact> facts) {
    std::string out = one_line(message);
    for (const fact& f : facts) {
        out.append(1, ' ').append(f.name).append(1, '=');
        append_value(out, f.value);
    }
    return out;
}

std::string as_members(std::string_view message, std::initializer_list<fact> facts) {
    std::string out;
    json_writer w(out);
    w.member("message", message);
    for (const fact& f : facts) w.member(f.name, f.value);
    return out;
}

constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

}

std::optional<level> parse_level(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i)
        if (level_names[i] == name) return static_cast<level>(i);
    return std::nullopt;
}

struct logger::state {
    spdlog::logger log;
    log_format format;
};

logger::logger(options how) : state_(new state{spdlog::logger("tollgate", make_sink(how)), how.format}) {
    const char* pattern = how.format == log_format::json ? json_pattern : text_pattern;
    state_->log.set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    state_->log.flush_on(spdlog::level::warn);
    set_level(how.least);
}

logger::~logger() { flush(); }

bool logger::wants(level at) const { return state_->log.should_log(spdlog_level(at)); }

void logger::set_level(level least) { state_->log.set_level(spdlog_level(least)); }

void logger::write(level at, std::string_view message, std::initializer_list<fact> facts) {
    if (at == level::off || !wants(at)) return;
    const std::string body = state_->format == log_format::json ? as_members(message, facts) : as_text(message, facts);
    state_->log.log(spdlog_level(at), spdlog::string_view_t(body));
}

void logger::flush() { state_->log.flush(); }

}
