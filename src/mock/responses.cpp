// The Responses API: one object, or a stream of named events around it.
#include "json_out.hpp"
#include "reply.hpp"

#include <algorithm>
#include <string_view>

namespace tollgate::mock {
namespace {

struct writer {
    const call& what;
    const steering& how;
    counts n = count(what, how);

    bool tool() const { return what.wants_tool && !what.tool.empty(); }

    std::string content_part(std::string_view text) const {
        return R"({"type":"output_text","text":)" + as_json(text) + R"(,"annotations":[],"logprobs":[]})";
    }

    std::string item(std::string_view status, std::string_view content) const {
        std::string out;
        if (tool()) {
            const std::string_view arguments = status == "completed" ? R"("{\"mock\":true}")" : R"("")";
            put_all(out, R"({"type":"function_call","id":"fc_mock","call_id":"call_mock_0","status":")", status,
                    R"(","name":)", as_json(what.tool), R"(,"arguments":)", arguments, "}");
            return out;
        }
        put_all(out, R"({"type":"message","id":"msg_mock","status":")", status, R"(","role":"assistant","content":[)",
                content, "]}");
        return out;
    }

    // Without its usage and closing brace.
    std::string object(std::string_view status, std::string_view output) const {
        std::string out;
        put_all(out, R"({"id":")", answer_id(what, "resp_"), R"(","object":"response","created_at":)", created_at,
                R"(,"status":")", status, R"(","error":null,"incomplete_details":)",
                status == "incomplete" ? R"({"reason":"max_output_tokens"})" : "null", R"(,"model":)",
                as_json(model_of(what, how)), R"(,"service_tier":)", as_json(tier_of(what, how)), R"(,"output":[)",
                output, "]");
        return out;
    }

    std::string_view final_status() const { return n.capped ? "incomplete" : "completed"; }

    std::string final_object() const {
        const std::string part = content_part(words(what, 0, n.words));
        return object(final_status(), item("completed", part));
    }
};

class response_stream {
public:
    response_stream(const call& what, const steering& how) : w_{what, how} {}

    std::vector<std::string> make() {
        const std::string start = R"("response":)" + w_.object("in_progress", "") + R"(,"usage":null})";
        add("response.created", start);
        add("response.in_progress", start);
        add("response.output_item.added", R"("output_index":0,"item":)" + w_.item("in_progress", ""));
        if (w_.tool())
            add_tool_call();
        else
            add_text();
        const std::string part = w_.content_part(words(w_.what, 0, w_.n.words));
        add("response.output_item.done", R"("output_index":0,"item":)" + w_.item("completed", part));
        std::string end = R"("response":)" + w_.final_object();
        const std::string usage = usage_member(w_.what, w_.how, w_.n.words);
        put_all(end, usage.empty() ? "" : ",", usage, "}");
        add(w_.n.capped ? "response.incomplete" : "response.completed", end);
        return std::move(events_);
    }

private:
    void add(std::string_view type, std::string_view members) {
        const std::string_view end = w_.how.crlf ? "\r\n" : "\n";
        std::string event;
        if (w_.how.heartbeat) put_all(event, ": keep-alive", end, end);
        put_all(event, "event: ", type, end, R"(data: {"type":")", type, R"(","sequence_number":)", sequence_++, ",",
                members, "}", end, end);
        events_.push_back(std::move(event));
    }

    void add_text() {
        static constexpr std::string_view place = R"("item_id":"msg_mock","output_index":0,"content_index":0,)";
        const std::string prefix(place);
        add("response.content_part.added", prefix + R"("part":)" + w_.content_part(""));
        const std::int64_t chunks = std::max<std::int64_t>(w_.how.chunks.value_or(w_.n.words), 0);
        for (std::int64_t i = 0; i < chunks; ++i) {
            const std::string delta = as_json(words(w_.what, w_.n.words * i / chunks, w_.n.words * (i + 1) / chunks));
            add("response.output_text.delta", prefix + R"("delta":)" + delta + R"(,"logprobs":[])");
        }
        if (w_.how.huge_line > 0) {
            const std::string text = as_json(std::string(static_cast<std::size_t>(w_.how.huge_line), 'x'));
            add("response.output_text.delta", prefix + R"("delta":)" + text + R"(,"logprobs":[])");
        }
        const std::string whole = words(w_.what, 0, w_.n.words);
        add("response.output_text.done", prefix + R"("text":)" + as_json(whole) + R"(,"logprobs":[])");
        add("response.content_part.done", prefix + R"("part":)" + w_.content_part(whole));
    }

    void add_tool_call() {
        const std::string prefix = R"("item_id":"fc_mock","output_index":0,)";
        add("response.function_call_arguments.delta", prefix + R"("delta":"{\"mock\":true}")");
        add("response.function_call_arguments.done", prefix + R"("arguments":"{\"mock\":true}")");
    }

    writer w_;
    std::int64_t sequence_ = 0;
    std::vector<std::string> events_;
};

}

std::vector<std::string> response_events(const call& what, const steering& how) {
    return response_stream(what, how).make();
}

std::string json_response(const call& what, const steering& how) {
    const writer w{what, how};
    return w.final_object();
}

}
