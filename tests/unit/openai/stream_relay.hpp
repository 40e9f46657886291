#pragma once

#include <tollgate/openai/metering.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stream_tests {

using namespace tollgate;
using namespace tollgate::openai;

struct outcome {
    std::string sent, last; // by feed, by tail
    usage_report report;
    bool ended = false, failed = false, final = false;
    std::int64_t events = 0, counted = 0;
    std::string all() const { return sent + last; }
};

inline stream_meter::options asked(endpoint where = endpoint::chat_completions) {
    return {.where = where, .hide_usage = false, .quirks = {}};
}
inline stream_meter::options hidden(endpoint where = endpoint::chat_completions) {
    return {.where = where, .hide_usage = true, .quirks = {}};
}

// Feeds `input` in pieces; each piece is a fresh allocation, so that a view that outlives it is found. Behind every
// other piece the output is dropped, as before a wait: it changes nothing.
inline outcome relay(stream_meter::options how, const std::vector<std::string>& pieces, std::string_view cost = {}) {
    stream_meter meter(how);
    outcome out;
    bool drop = false;
    for (const std::string& piece : pieces) {
        const std::string fresh(piece);
        out.sent += meter.feed(fresh);
        if ((drop = !drop)) meter.drop_output();
    }
    out.ended = meter.ended();
    const std::string members = cost.empty() ? "" : "\"cost_usd\":\"" + std::string(cost) + "\"";
    out.last = meter.tail(members);
    out.report = meter.report();
    out.failed = meter.failed();
    out.ended = meter.ended();
    out.final = meter.usage_final();
    out.events = meter.events();
    out.counted = meter.output_tokens_counted();
    return out;
}

inline std::vector<std::string> split_at(std::string_view text, std::size_t at) {
    return {std::string(text.substr(0, at)), std::string(text.substr(at))};
}

inline std::vector<std::string> each_byte(std::string_view text) {
    std::vector<std::string> out;
    for (const char c : text) out.emplace_back(1, c);
    return out;
}

}
