#include "json_out.hpp"
#include "reply.hpp"

#include <algorithm>

namespace tollgate::mock {
namespace {

constexpr std::int64_t chunks_max = 100'000;

// Builds the events of one stream in the line ends asked for.
class event_list {
public:
    explicit event_list(const steering& how) : how_(how) {}

    void add(std::string_view data, std::string_view name = {}) {
        const std::string_view end = how_.crlf ? "\r\n" : "\n";
        std::string event;
        if (how_.heartbeat) put_all(event, ": keep-alive", end, end);
        if (!name.empty()) put_all(event, "event: ", name, end);
        put_all(event, "data: ", data, end, end);
        events_.push_back(std::move(event));
    }
    std::vector<std::string> take() { return std::move(events_); }

private:
    const steering& how_;
    std::vector<std::string> events_;
};

// Splits `words` into the chunks asked for (one word each otherwise): visit(from, to).
template <class Visit>
void for_each_chunk(std::int64_t words, const steering& how, Visit visit) {
    const std::int64_t chunks = std::clamp<std::int64_t>(how.chunks.value_or(words), 0, chunks_max);
    for (std::int64_t i = 0; i < chunks; ++i) visit(words * i / chunks, words * (i + 1) / chunks);
}

class chat_stream {
public:
    chat_stream(const call& what, const steering& how) : what_(what), how_(how), n_(count(what, how)), events_(how) {}

    std::vector<std::string> make() {
        if (what_.kind == api::chat)
            for (std::int64_t i = 0; i < what_.choices; ++i)
                add(i, R"("delta":{"role":"assistant","content":"","refusal":null})", "null", 0);
        if (what_.wants_tool && !what_.tool.empty())
            add_tool_call();
        else
            for_each_chunk(n_.words, how_, [&](auto from, auto to) { add_words(from, to); });
        if (how_.huge_line > 0) add_huge_line();
        const std::string reason = n_.capped ? R"("length")" : R"("stop")";
        const bool tool = what_.wants_tool && !what_.tool.empty();
        for (std::int64_t i = 0; i < what_.choices; ++i)
            add(i, empty_delta(), tool ? R"("tool_calls")" : reason, n_.words);
        if (what_.include_usage && how_.usage != usage_kind::absent)
            events_.add(envelope() + R"(,"choices":[],)" + usage_member(what_, how_, n_.words) + "}");
        if (!how_.no_done) events_.add("[DONE]");
        return events_.take();
    }

private:
    std::string_view empty_delta() const { return what_.kind == api::chat ? R"("delta":{})" : R"("text":"")"; }

    std::string envelope() const {
        std::string out = R"({"id":")";
        const bool chat = what_.kind == api::chat;
        put_all(out, answer_id(what_, chat ? "chatcmpl-" : "cmpl-"), R"(","object":")",
                chat ? "chat.completion.chunk" : "text_completion", R"(","created":)", created_at, R"(,"model":)",
                as_json(model_of(what_, how_)));
        if (!chat) return out;
        put_all(out, R"(,"service_tier":)", as_json(tier_of(what_, how_)), R"(,"system_fingerprint":"fp_mock")");
        return out;
    }

    void add(std::int64_t index, std::string_view content, std::string_view reason, std::int64_t words_so_far) {
        std::string out = envelope();
        put_all(out, R"(,"choices":[{"index":)", index, ",", content, R"(,"logprobs":null,"finish_reason":)", reason,
                "}]");
        if (how_.usage == usage_kind::cumulative)
            put_all(out, ",", usage_member(what_, how_, words_so_far));
        else if (what_.include_usage)
            put(out, R"(,"usage":null)");
        put(out, "}");
        events_.add(out);
    }

    void add_words(std::int64_t from, std::int64_t to) {
        const bool chat = what_.kind == api::chat;
        const std::string text = as_json(words(what_, from, to));
        const std::string content = chat ? R"("delta":{"content":)" + text + "}" : R"("text":)" + text;
        for (std::int64_t i = 0; i < what_.choices; ++i) add(i, content, "null", to);
    }

    // The name comes first, the arguments in two parts: as providers do it.
    void add_tool_call() {
        const std::string start =
            R"("delta":{"tool_calls":[{"index":0,"id":"call_mock_0","type":"function","function":)"
            R"({"name":)" +
            as_json(what_.tool) + R"(,"arguments":""}}]})";
        for (std::int64_t i = 0; i < what_.choices; ++i) {
            add(i, start, "null", 0);
            add(i, R"("delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"mock\""}}]})", "null", 0);
            add(i, R"("delta":{"tool_calls":[{"index":0,"function":{"arguments":":true}"}}]})", "null", n_.words);
        }
    }

    void add_huge_line() {
        const std::string text = as_json(std::string(static_cast<std::size_t>(how_.huge_line), 'x'));
        add(0, what_.kind == api::chat ? R"("delta":{"content":)" + text + "}" : R"("text":)" + text, "null", n_.words);
    }

    const call& what_;
    const steering& how_;
    counts n_;
    event_list events_;
};

}

std::vector<std::string> stream_events(const call& what, const steering& how) {
    if (what.kind == api::responses) return response_events(what, how);
    return chat_stream(what, how).make();
}

std::string error_event(const call& what) {
    if (what.kind == api::responses)
        return "event: error\ndata: {\"type\":\"error\",\"code\":\"server_error\",\"message\":\"The mock was told to "
               "fail here.\",\"param\":null,\"sequence_number\":999}\n\n";
    return "data: {\"error\":{\"message\":\"The mock was told to fail here.\",\"type\":\"server_error\",\"param\":null,"
           "\"code\":null}}\n\n";
}

}
