#include "unit/http/running_server.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/mock/mock_upstream.hpp>
#include <tollgate/mock/steering.hpp>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <zlib.h>

namespace tollgate::mock {
namespace {

using http::raw_client;
using nlohmann::json;

struct answer {
    int status = 0;
    std::string head, body;
    bool reset = false;
    bool complete = false; // the framing reached its end
    json parsed() const { return json::parse(body); }
    std::vector<std::string> events() const { // the data of each
        std::vector<std::string> found;
        std::istringstream lines(body);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("data: ")) found.push_back(line.substr(6));
        return found;
    }
};

std::string dechunked(const std::string& raw, bool& complete) {
    std::string out;
    for (std::size_t at = 0; at < raw.size();) {
        const std::size_t line = raw.find("\r\n", at);
        if (line == raw.npos) break;
        const std::size_t size = std::stoul(raw.substr(at, line - at), nullptr, 16);
        complete = size == 0;
        out += raw.substr(line + 2, size);
        at = line + 2 + size + 2;
    }
    return out;
}

struct mocked : ::testing::Test {
    mock_upstream mock{upstream_options()};
    void SetUp() override { mock.start(); }

    answer ask(std::string_view method, std::string_view path, const std::string& body,
               const std::string& fields = "") {
        raw_client client(mock.port());
        client.send(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" +
                    fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        const std::string raw = client.read_to_end();
        answer got{
            .status = http::status_of(raw), .head = raw.substr(0, raw.find("\r\n\r\n")), .body = http::body_of(raw)};
        got.reset = client.was_reset();
        got.complete = true;
        if (got.head.find("chunked") != got.head.npos) {
            got.complete = false;
            got.body = dechunked(got.body, got.complete);
        }
        return got;
    }
    answer chat(json more, const std::string& fields = "") {
        json body{{"model", "m"}, {"messages", {{{"role", "user"}, {"content", "hello there"}}}}};
        if (!more.is_null()) body.update(more);
        return ask("POST", "/v1/chat/completions", body.dump(), fields);
    }
    json received() { return ask("GET", "/__mock/requests", "").parsed(); }
};

TEST_F(mocked, the_same_request_gets_the_same_answer) {
    const answer first = chat({});
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, chat({}).body);
    EXPECT_NE(first.body, chat({{"messages", {{{"role", "user"}, {"content", "other"}}}}}).body);
    const json usage = first.parsed()["usage"];
    EXPECT_EQ(usage["prompt_tokens"], 3); // 11 bytes
    EXPECT_EQ(usage["completion_tokens"], 16);
    EXPECT_EQ(usage["total_tokens"], 19);
    EXPECT_EQ(first.parsed()["model"], "m");
    EXPECT_EQ(first.parsed()["service_tier"], "default");
    EXPECT_EQ(first.parsed()["choices"][0]["finish_reason"], "stop");
}

TEST_F(mocked, caps_and_choices_count) {
    const json capped = chat({{"max_tokens", 5}, {"n", 3}}).parsed();
    EXPECT_EQ(capped["usage"]["completion_tokens"], 15);
    EXPECT_EQ(capped["usage"]["prompt_tokens"], 3);
    ASSERT_EQ(capped["choices"].size(), 3U);
    EXPECT_EQ(capped["choices"][2]["finish_reason"], "length");
    EXPECT_EQ(std::ranges::count(capped["choices"][0]["message"]["content"].get<std::string>(), ' '), 5);
    EXPECT_EQ(chat({{"max_completion_tokens", 16}}).parsed()["choices"][0]["finish_reason"], "stop");
    EXPECT_EQ(chat({{"max_tokens", 5}, {"max_completion_tokens", 7}}).parsed()["usage"]["completion_tokens"], 7);
}

TEST_F(mocked, content_parts_are_text_too) {
    const json parts{{{"role", "user"},
                      {"content", {{{"type", "text"}, {"text", "hello"}}, {{"type", "text"}, {"text", " there"}}}}}};
    EXPECT_EQ(chat({{"messages", parts}}).parsed()["usage"]["prompt_tokens"], 3);
}

TEST_F(mocked, a_stream_says_usage_only_when_asked) {
    const answer silent = chat({{"stream", true}});
    EXPECT_TRUE(silent.complete);
    EXPECT_NE(silent.head.find("text/event-stream"), silent.head.npos);
    EXPECT_EQ(silent.body.find("usage"), silent.body.npos);
    EXPECT_EQ(silent.events().back(), "[DONE]");
    const auto events = chat({{"stream", true}, {"stream_options", {{"include_usage", true}}}}).events();
    ASSERT_EQ(events.size(), 1U + 16 + 1 + 1 + 1);
    for (std::size_t i = 0; i + 2 < events.size(); ++i) EXPECT_TRUE(json::parse(events[i])["usage"].is_null());
    const json last = json::parse(events[events.size() - 2]);
    EXPECT_TRUE(last["choices"].empty());
    EXPECT_EQ(last["usage"]["total_tokens"], 19);
    std::string text;
    for (std::size_t i = 0; i + 2 < events.size(); ++i)
        text += json::parse(events[i])["choices"][0]["delta"].value("content", "");
    EXPECT_EQ(json(text), chat({}).parsed()["choices"][0]["message"]["content"]);
}

TEST_F(mocked, usage_is_what_the_steer_says) {
    EXPECT_FALSE(chat({{"model", "m?usage=absent"}}).parsed().contains("usage"));
    EXPECT_EQ(chat({{"model", "m?usage=zero"}}).parsed()["usage"]["total_tokens"], 0);
    EXPECT_LT(chat({{"model", "m?usage=wrong"}}).parsed()["usage"]["completion_tokens"], 0);
    const json worst = chat({{"model", "m?usage=worst"}, {"max_tokens", 4096}}, "X-Mock-Usage-Prompt: 77\r\n").parsed();
    EXPECT_EQ(worst["usage"]["completion_tokens"], 4096);
    EXPECT_EQ(worst["usage"]["prompt_tokens"], 77);
    const json exact = chat({{"model", "m+usage_completion=9+usage_cached=2+usage_reasoning=4"}}).parsed()["usage"];
    EXPECT_EQ(exact["completion_tokens"], 9);
    EXPECT_EQ(exact["prompt_tokens_details"]["cached_tokens"], 2);
    EXPECT_EQ(exact["completion_tokens_details"]["reasoning_tokens"], 4);
    const auto events = chat({{"model", "m+usage=cumulative+chunks=2"}, {"stream", true}}).events();
    EXPECT_EQ(json::parse(events[1])["usage"]["completion_tokens"], 8);
    EXPECT_EQ(json::parse(events[2])["usage"]["completion_tokens"], 16);
}

TEST_F(mocked, tools_are_called_when_required_or_asked_for) {
    const json tools{{{"type", "function"}, {"function", {{"name", "weather"}}}}};
    const json plain = chat({{"tools", tools}}).parsed();
    EXPECT_EQ(plain["choices"][0]["finish_reason"], "stop");
    const json called = chat({{"tools", tools}, {"tool_choice", "required"}}).parsed();
    EXPECT_EQ(called["choices"][0]["finish_reason"], "tool_calls");
    EXPECT_EQ(called["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "weather");
    const json asked{{"tools", tools}, {"stream", true}, {"messages", {{{"role", "user"}, {"content", "call tool"}}}}};
    std::string arguments;
    for (const std::string& event : chat(asked).events()) {
        if (event == "[DONE]") continue;
        const json delta = json::parse(event)["choices"][0]["delta"];
        if (delta.contains("tool_calls")) arguments += delta["tool_calls"][0]["function"].value("arguments", "");
    }
    EXPECT_EQ(arguments, R"({"mock":true})");
}

TEST_F(mocked, errors_come_in_every_shape) {
    struct row {
        const char* shape;
        const char* start;
    };
    for (const row& r : {row{"openai", R"({"error":{"message")"}, row{"mistral", R"({"object":"error")"},
                         row{"google", R"([{"error")"}, row{"aws", R"({"message")"}, row{"string", "The mock"},
                         row{"html", "<html>"}}) {
        const answer got = chat({{"model", std::string("m?status=429&retry_after=7&error_shape=") + r.shape}});
        EXPECT_EQ(got.status, 429);
        EXPECT_NE(got.head.find("retry-after: 7"), got.head.npos);
        EXPECT_EQ(got.body.rfind(r.start, 0), 0U) << got.body;
    }
    EXPECT_TRUE(chat({{"model", "m?error-in-200"}}).parsed().contains("error"));
}

TEST_F(mocked, streams_are_cut_reset_and_broken_where_asked) {
    const answer cut = chat({{"model", "m+cut-after=3"}, {"stream", true}});
    EXPECT_EQ(cut.events().size(), 3U);
    EXPECT_FALSE(cut.complete);
    EXPECT_FALSE(cut.reset);
    EXPECT_TRUE(chat({{"model", "m+reset-after=2"}, {"stream", true}}).reset);
    const answer broken = chat({{"model", "m+stream-error-after=2"}, {"stream", true}});
    ASSERT_EQ(broken.events().size(), 3U);
    EXPECT_TRUE(json::parse(broken.events().back()).contains("error"));
    EXPECT_TRUE(broken.complete);
    EXPECT_FALSE(chat({{"model", "m+cut-after=2"}}).complete);
    const answer undone = chat({{"model", "m+no-done"}, {"stream", true}});
    EXPECT_EQ(undone.body.find("[DONE]"), undone.body.npos);
    EXPECT_TRUE(undone.complete);
}

TEST_F(mocked, lines_end_as_asked_and_may_be_huge) {
    const answer crlf = chat({{"model", "m+crlf+heartbeat"}, {"stream", true}});
    EXPECT_EQ(std::ranges::count(crlf.body, '\n'), std::ranges::count(crlf.body, '\r'));
    EXPECT_EQ(crlf.body.rfind(": keep-alive\r\n\r\n", 0), 0U);
    EXPECT_GT(chat({{"model", "m+huge-line=300000"}, {"stream", true}}).body.size(), 300'000U);
    const answer json_instead = chat({{"model", "m+json-for-stream"}, {"stream", true}});
    EXPECT_EQ(json_instead.parsed()["object"], "chat.completion");
}

std::string unzipped(std::string packed) {
    std::string out(1 << 20, '\0');
    z_stream state{};
    inflateInit2(&state, 15 + 16);
    state.next_in = reinterpret_cast<Bytef*>(packed.data());
    state.avail_in = static_cast<uInt>(packed.size());
    state.next_out = reinterpret_cast<Bytef*>(out.data());
    state.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&state, Z_FINISH), Z_STREAM_END);
    out.resize(out.size() - state.avail_out);
    inflateEnd(&state);
    return out;
}

TEST_F(mocked, gzip_holds_the_same_bytes) {
    for (const bool stream : {false, true}) {
        const answer packed = chat({{"stream", stream}}, "X-Mock-Gzip: 1\r\n");
        EXPECT_NE(packed.head.find("content-encoding: gzip"), packed.head.npos);
        EXPECT_EQ(unzipped(packed.body), chat({{"stream", stream}}).body);
        const answer pieces =
            chat({{"stream", stream}}, "X-Mock-Gzip: 1\r\nX-Mock-Slow-Body: 1\r\nX-Mock-Gap-Ms: 1\r\n");
        EXPECT_EQ(unzipped(pieces.body), chat({{"stream", stream}}).body);
    }
}

TEST_F(mocked, the_other_endpoints_answer_in_their_shapes) {
    const json text = ask("POST", "/v1/completions", R"({"model":"m","prompt":"hello"})").parsed();
    EXPECT_EQ(text["object"], "text_completion");
    EXPECT_EQ(text["usage"]["prompt_tokens"], 2);
    const json vectors = ask("POST", "/embeddings", R"({"model":"m","input":["a","b"],"dimensions":3})").parsed();
    ASSERT_EQ(vectors["data"].size(), 2U);
    EXPECT_EQ(vectors["data"][1]["embedding"].size(), 3U);
    const json packed =
        ask("POST", "/v1/embeddings", R"({"input":"a","encoding_format":"base64","dimensions":4})").parsed();
    EXPECT_EQ(packed["data"][0]["embedding"].get<std::string>().size(), 24U);
    const json response =
        ask("POST", "/v1/responses", R"({"model":"m","input":"hello","max_output_tokens":4})").parsed();
    EXPECT_EQ(response["status"], "incomplete");
    EXPECT_EQ(response["usage"]["output_tokens"], 4);
    const json models = ask("GET", "/v1/models", "").parsed();
    EXPECT_EQ(models["object"], "list");
    EXPECT_EQ(ask("GET", "/v1/chat/completions", "").status, 405);
    EXPECT_EQ(ask("POST", "/v1/other", "{}").status, 404);
    EXPECT_EQ(ask("POST", "/v1/chat/completions", "{").status, 400);
    EXPECT_EQ(chat({{"model", "m?statsu=500"}}).status, 400);
    EXPECT_EQ(chat({{"model", "m?status=fast"}}).status, 400);
}

TEST_F(mocked, a_response_stream_names_its_events_and_ends_with_usage) {
    const auto events =
        ask("POST", "/v1/responses", R"({"model":"m+chunks=3","input":"hello","stream":true})").events();
    std::string text;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const json event = json::parse(events[i]);
        EXPECT_EQ(event["sequence_number"], i);
        if (event["type"] == "response.output_text.delta") text += event["delta"].get<std::string>();
    }
    const json last = json::parse(events.back());
    EXPECT_EQ(last["type"], "response.completed");
    EXPECT_EQ(last["response"]["usage"]["output_tokens"], 16);
    EXPECT_EQ(last["response"]["output"][0]["content"][0]["text"], json(text));
}

TEST_F(mocked, everything_received_is_counted_and_credentials_are_not_shown) {
    chat({}, "Authorization: Bearer secret-key\r\n");
    chat({{"model", "other"}});
    ask("POST", "/nowhere", "not json");
    json seen = received();
    EXPECT_EQ(seen["total"], 3);
    EXPECT_EQ(seen["by_path"]["/v1/chat/completions"], 2);
    EXPECT_EQ(seen["by_model"]["other"], 1);
    EXPECT_EQ(seen["without_credential"], 2);
    EXPECT_EQ(seen.dump().find("secret-key"), std::string::npos);
    const json first = seen["requests"][0];
    EXPECT_EQ(first["body"]["model"], "m");
    EXPECT_TRUE(first["credentials"]["authorization"]["present"]);
    // printf 'Bearer secret-key' | sha256sum
    EXPECT_EQ(first["credentials"]["authorization"]["sha256"],
              "0062d6e1c6b28daffdb4ddbbdd2adf1c71194263148b6eb6ce37de46ca353c48");
    EXPECT_EQ(ask("DELETE", "/__mock/requests", "").parsed()["total"], 0);
    EXPECT_TRUE(received()["requests"].empty());
}

TEST_F(mocked, only_the_last_requests_are_kept) {
    raw_client client(mock.port());
    const std::size_t count = limits::mock_requests_kept + 5;
    for (std::size_t i = 0; i < count; ++i) {
        client.send("GET /v1/models?n=" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        client.read_answer();
    }
    const json seen = received();
    EXPECT_EQ(seen["total"], count);
    ASSERT_EQ(seen["requests"].size(), limits::mock_requests_kept);
    EXPECT_EQ(seen["requests"][0]["query"], "n=5");
    EXPECT_EQ(seen["requests"].back()["query"], "n=" + std::to_string(count - 1));
}

TEST_F(mocked, a_hanging_answer_ends_with_its_client) {
    {
        raw_client client(mock.port());
        const std::string body = R"({"model":"m+hang"})";
        client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\n\r\n" + body);
        while (received()["total"] == 0) {
        }
    }
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (received()["clients_gone"] == 0) ASSERT_LT(std::chrono::steady_clock::now(), patience);
}

TEST_F(mocked, headers_are_echoed_without_credentials) {
    const json echoed = chat({}, "X-Mock-Echo-Headers: 1\r\nX-Probe: 7\r\nAuthorization: Bearer s\r\n").parsed();
    EXPECT_NE(echoed["mock_headers"].dump().find(R"({"name":"X-Probe","value":"7"})"), std::string::npos);
    EXPECT_EQ(echoed["mock_headers"].dump().find("Bearer"), std::string::npos);
}

TEST(mock_upstream, several_threads_share_the_port_and_the_counts) {
    mock_upstream mock(upstream_options{.address = "127.0.0.1", .port = 0, .threads = 3});
    const std::uint16_t port = mock.start();
    for (int i = 0; i < 20; ++i) {
        raw_client client(port);
        client.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(http::status_of(client.read_answer()), 200);
    }
    EXPECT_EQ(json::parse(mock.requests_json())["total"], 20);
    mock.stop();
    mock.stop();
}

TEST(mock_upstream, listen_addresses_are_read) {
    EXPECT_EQ(parse_listen("127.0.0.1:9001").port, 9001);
    EXPECT_EQ(parse_listen("[::1]:80").address, "::1");
    EXPECT_EQ(parse_listen(":0").address, "127.0.0.1");
    for (const char* wrong : {"", "9001", "localhost:80", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x"})
        EXPECT_THROW(parse_listen(wrong), std::runtime_error) << wrong;
}

TEST(steering, every_steer_is_in_the_readme) {
    std::ifstream file(TOLLGATE_SOURCE_DIR "/src/mock/README.md");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    for (const steer& one : steers()) EXPECT_NE(text.find("`" + std::string(one.name) + "`"), text.npos) << one.name;
}

TEST(steering, the_model_wins_over_the_headers) {
    const std::vector<field> fields{{"x-mock-status", "500"}, {"X-Mock-Delay_MS", "5"}};
    const steering how = read_steering(fields, "m?status=404");
    EXPECT_EQ(how.status, 404);
    EXPECT_EQ(how.delay_ms, 5);
    EXPECT_EQ(plain_model("m?status=404"), "m");
    EXPECT_EQ(plain_model("m+hang"), "m");
    EXPECT_EQ(plain_model("m"), "m");
}

}
}
