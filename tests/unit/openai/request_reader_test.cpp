#include "padded.hpp"

#include <tollgate/core/limits.hpp>
#include <tollgate/openai/request.hpp>

#include <gtest/gtest.h>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

request_facts read_well(endpoint where, std::string_view body) {
    const padded text(body);
    auto facts = read_request(where, text);
    EXPECT_TRUE(facts.has_value()) << body << "\n" << (facts ? "" : facts.error().message);
    return facts ? *facts : request_facts{};
}

refusal read_badly(endpoint where, std::string_view body) {
    const padded text(body);
    const auto facts = read_request(where, text);
    EXPECT_FALSE(facts.has_value()) << body;
    return facts ? refusal{} : facts.error();
}

constexpr auto chat = endpoint::chat_completions;

std::string nested(int depth) {
    return R"({"model":"m","x":)" + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']') + "}";
}

TEST(read_request, finds_what_metering_and_policy_need) {
    const request_facts facts = read_well(chat, R"({
        "model": "gpt-5-mini", "stream": true, "n": 2, "max_completion_tokens": 100, "max_tokens": 200,
        "service_tier": "flex", "stream_options": {"include_usage": true}, "temperature": 0.5,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi \u00e9"}],
        "metadata": {"feature": "support", "agent": "a1", "workspace": "w", "session": "s", "other": 5},
        "user": "u-1", "safety_identifier": "u-2", "unknown": {"deep": [1, 2.5e3, null, false]}})");
    EXPECT_EQ(facts.model, "gpt-5-mini");
    EXPECT_TRUE(facts.stream);
    EXPECT_TRUE(facts.wants_usage);
    EXPECT_EQ(facts.choices, 2);
    EXPECT_EQ(facts.max_output, 200);
    EXPECT_EQ(facts.tier, service_tier::flex);
    EXPECT_EQ(facts.messages, 2);
    EXPECT_EQ(facts.feature, "support");
    EXPECT_EQ(facts.agent, "a1");
    EXPECT_EQ(facts.workspace, "w");
    EXPECT_EQ(facts.session, "s");
    EXPECT_EQ(facts.end_user, "u-2");
    EXPECT_GE(facts.text_bytes, std::string_view("Be brief.Hi é").size());
    EXPECT_EQ(facts.cap_members.size(), 2u);
}

TEST(read_request, spaces_around_a_tag_are_none_of_it) {
    const request_facts facts =
        read_well(chat, R"({"model":"m","messages":[],"metadata":{"feature":" bulk  ","agent":" "},"user":" u 1"})");
    EXPECT_EQ(facts.feature, "bulk");
    EXPECT_EQ(facts.agent, "");
    EXPECT_EQ(facts.end_user, "u 1");
}

TEST(read_request, refuses_what_is_not_one_json_object) {
    struct row {
        std::string body;
        std::string_view says;
    };
    const row rows[] = {
        {"", "empty"},
        {" \n ", "empty"},
        {"[]", "must be a JSON object"},
        {"\"x\"", "must be a JSON object"},
        {"7", "must be a JSON object"},
        {"nul", "must be a JSON object"},
        {"{", "not valid JSON"},
        {"{\"model\":\"m\"", "not valid JSON"},
        {R"({"model":"m"} x)", "not valid JSON"},
        {R"({"model":"m"}{})", "follows"},
        {R"({"model":"m"}})", "follows"},
        {R"({"model":"m"},{})", "follows"},
        {R"({"model":"m",})", "not valid JSON"},
        {R"({"model":"m" "n":1})", "not valid JSON"},
        {R"({"model" "m"})", "not valid JSON"},
        {R"({model:"m"})", "not valid JSON"},
        {R"({"model":"m","x":[1 2]})", "not valid JSON"},
        {R"({"model":"m","x":[1,]})", "not valid JSON"},
        {R"({"model":"m","x":[,1]})", "not valid JSON"},
        {R"({"model":"m","x":[1}})", "not valid JSON"},
        {R"({"model":"m","x":{"a":1]})", "not valid JSON"},
        {R"({"model":"m","x":tru})", "not valid JSON"},
        {R"({"model":"m","x":nulll})", "not valid JSON"},
        {R"({"model":"m","x":01})", "not valid JSON"},
        {R"({"model":"m","x":1.})", "not valid JSON"},
        {R"({"model":"m","x":+1})", "not valid JSON"},
        {R"({"model":"m","x":1e})", "not valid JSON"},
        {R"({"model":"m","x":0x10})", "not valid JSON"},
        {R"({"model":"m","x":NaN})", "not valid JSON"},
        {R"({"model":"m","x":12"a"})", "not valid JSON"},
        {R"({"model":"m","x":"a"b})", "not valid JSON"},
        {R"({"model":"m","x":"\q"})", "not valid JSON"},
        {R"({"model":"m","x":"\u12g4"})", "not valid JSON"},
        {R"({"model":"m","x\q":1})", "not valid JSON"},
        {R"({"model":"m","x":{"y\u00":1}})", "not valid JSON"},
        {"{\"model\":\"m\",\"x\":\"a\nb\"}", "not valid JSON"},
        {"{\"model\":\"m\",\"x\":\"\xff\"}", "not valid JSON"},
        {"\xEF\xBB\xBF{\"model\":\"m\"}", "byte order mark"},
        {nested(limits::json_depth_max), "levels deep"},
        {nested(100'000), "levels deep"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.body.substr(0, 80));
        const refusal why = read_badly(chat, r.body);
        EXPECT_EQ(why.code, errc::invalid_request);
        EXPECT_EQ(why.param, "");
        EXPECT_NE(why.message.find(r.says), std::string::npos) << why.message;
    }
    read_well(chat, nested(limits::json_depth_max - 1));
}

TEST(read_request, accepts_odd_but_valid_json) {
    read_well(chat, "  {\t\"model\"\r\n:\"m\" }\n\n ");
    EXPECT_EQ(read_well(chat, R"({"\u006dodel":"\u006d\ud83d\ude00"})").model, "m\xF0\x9F\x98\x80");
    read_well(chat, R"({"model":"m","x":"\ud83d","y":123456789012345678901234567890,"z":-0.0e-0})");
    read_well(chat, R"({"model":"m","":{"":[[],{},[{}]]},"x":1,"x":2})");
}

TEST(read_request, refuses_a_deciding_key_that_stands_twice) {
    struct row {
        std::string_view body, param;
    };
    const row rows[] = {
        {R"({"model":"a","model":"b"})", "model"},
        {R"({"model":"a","m\u006fdel":"b"})", "model"},
        {R"({"model":"a","max_tokens":1,"max_tokens":100000})", "max_tokens"},
        {R"({"model":"a","max_tokens":1,"\u006dax_tokens":100000})", "max_tokens"},
        {R"({"model":"a","max_completion_tokens":1,"max_completion_tokens":1})", "max_completion_tokens"},
        {R"({"model":"a","max_output_tokens":1,"max_output_tokens":1})", "max_output_tokens"},
        {R"({"model":"a","n":1,"n":1})", "n"},
        {R"({"model":"a","stream":true,"stream":false})", "stream"},
        {R"({"model":"a","messages":[],"messages":[]})", "messages"},
        {R"({"model":"a","tools":[],"tools":[]})", "tools"},
        {R"({"model":"a","service_tier":"auto","service_tier":"priority"})", "service_tier"},
        {R"({"model":"a","stream_options":{},"stream_options":null})", "stream_options"},
        {R"({"model":"a","user":"x","user":"y"})", "user"},
        {R"({"model":"a","metadata":{"feature":"x","feature":"y"}})", "metadata.feature"},
        {R"({"model":"a","stream_options":{"include_usage":true,"include_usage":false}})",
         "stream_options.include_usage"},
        {R"({"model":"a","stream_options":{"include_usage":true,"include\u005fusage":false}})",
         "stream_options.include_usage"},
        // Some providers do not look at case.
        {R"({"model":"a","MAX_TOKENS":5})", "max_tokens"},
        {"{\"model\":\"a\",\"max_to\xE2\x84\xAA"
         "ens\":5}",
         "max_tokens"},
        {R"({"Model":"a"})", "model"},
        {R"({"model":"a","\u017ftream":true})", "stream"},
        {R"({"model":"a","stream_options":{"Include_Usage":true}})", "stream_options.include_usage"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.body);
        const refusal why = read_badly(chat, r.body);
        EXPECT_EQ(why.code, errc::invalid_request);
        EXPECT_EQ(why.param, r.param);
        EXPECT_FALSE(why.message.empty());
    }
}

TEST(read_request, caps_are_whole_positive_numbers) {
    struct row {
        std::string_view value;
        std::optional<std::int64_t> cap;
    };
    const row good[] = {
        {"1", 1}, {"100.0", 100}, {"1e2", 100}, {"1.5e1", 15}, {"0.5E+1", 5}, {"100000000", 100'000'000}, {"null", {}}};
    for (const row& r : good) {
        SCOPED_TRACE(r.value);
        EXPECT_EQ(read_well(chat, R"({"model":"m","max_tokens":)" + std::string(r.value) + "}").max_output, r.cap);
    }
    const std::string_view bad[] = {"0",
                                    "-1",
                                    "1.5",
                                    "\"100\"",
                                    "true",
                                    "[]",
                                    "{}",
                                    "1e400",
                                    "0.0",
                                    "-0",
                                    "1e-1",
                                    "100000001",
                                    "9223372036854775808",
                                    "1e",
                                    "2x"};
    for (const std::string_view value : bad) {
        SCOPED_TRACE(value);
        EXPECT_EQ(read_badly(chat, R"({"model":"m","max_completion_tokens":)" + std::string(value) + "}").param,
                  "max_completion_tokens");
    }
}

TEST(read_request, a_cap_counts_only_where_the_endpoint_knows_it) {
    constexpr std::string_view all = R"({"model":"m","max_tokens":1,"max_completion_tokens":2,"max_output_tokens":3})";
    EXPECT_EQ(read_well(chat, all).max_output, 2);
    EXPECT_EQ(read_well(endpoint::completions, all).max_output, 1);
    EXPECT_EQ(read_well(endpoint::responses, all).max_output, 3);
    EXPECT_EQ(read_well(endpoint::embeddings, all).max_output, std::nullopt);
}

TEST(read_request, other_deciding_fields_are_checked) {
    struct row {
        std::string_view member, param;
    };
    const row rows[] = {
        {R"("n":0)", "n"},
        {R"("n":129)", "n"},
        {R"("n":"2")", "n"},
        {R"("n":1.5)", "n"},
        {R"("best_of":129)", "best_of"},
        {R"("stream":"yes")", "stream"},
        {R"("stream":1)", "stream"},
        {R"("background":2)", "background"},
        {R"("stream_options":[])", "stream_options"},
        {R"("stream_options":{"include_usage":1})", "stream_options.include_usage"},
        {R"("service_tier":"ultrafast")", "service_tier"},
        {R"("service_tier":7)", "service_tier"},
        {R"("max_tool_calls":-1)", "max_tool_calls"},
        {R"("max_tool_calls":1000)", "max_tool_calls"},
        {R"("tools":{})", "tools"},
        {R"("tools":["x"])", "tools"},
        {R"("user":7)", "user"},
        {R"("user":"a\nb")", "user"},
        {R"("metadata":{"agent":{}})", "metadata.agent"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.member);
        EXPECT_EQ(read_badly(chat, R"({"model":"m",)" + std::string(r.member) + "}").param, r.param);
    }
    const std::string edge(limits::attribution_bytes_max, 'u');
    EXPECT_EQ(read_well(chat, R"({"model":"m","user":")" + edge + "\"}").end_user, edge);
    EXPECT_EQ(read_badly(chat, R"({"model":"m","user":")" + edge + "u\"}").param, "user");
    for (const std::string_view body : {R"({})", R"({"model":null})", R"({"model":""})", R"({"model":5})"})
        EXPECT_EQ(read_badly(chat, body).param, "model");
    EXPECT_EQ(read_well(chat, R"({"model":"m","n":128,"stream":null,"user":null,"service_tier":null})").choices, 128);
}

TEST(read_request, completions_count_prompts_and_token_ids) {
    struct row {
        std::string_view members;
        std::int64_t choices, ids;
    };
    const row rows[] = {
        {R"("prompt":"a")", 1, 0},
        {R"("prompt":["a","b"],"n":3)", 6, 0},
        {R"("prompt":["a","b"],"n":3,"best_of":5)", 10, 0},
        {R"("prompt":[1,2,3])", 1, 3},
        {R"("prompt":[[1,2],[3]],"n":2)", 4, 3},
        {R"("prompt":[])", 1, 0},
        {R"("prompt":null,"best_of":0)", 1, 0},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.members);
        const auto facts = read_well(endpoint::completions, R"({"model":"m",)" + std::string(r.members) + "}");
        EXPECT_EQ(facts.choices, r.choices);
        EXPECT_EQ(facts.token_ids, r.ids);
    }
}

TEST(read_request, a_prompt_may_be_scored_without_output) {
    for (const std::string_view members :
         {R"("max_tokens":0,"echo":true)", R"("echo":true,"prompt":["a","b"],"max_tokens":0,"logprobs":1)"})
        EXPECT_EQ(read_well(endpoint::completions, R"({"model":"m",)" + std::string(members) + "}").max_output, 0);
    for (const std::string_view members :
         {R"("max_tokens":0)", R"("max_tokens":0,"echo":false)", R"("echo":null,"max_tokens":0)"})
        EXPECT_EQ(read_badly(endpoint::completions, R"({"model":"m",)" + std::string(members) + "}").param,
                  "max_tokens");
    const std::string twice = R"({"model":"m","max_tokens":0,"echo":true,"echo":false})";
    EXPECT_EQ(read_badly(endpoint::completions, twice).param, "echo");
    EXPECT_EQ(read_badly(endpoint::completions, R"({"model":"m","echo":1})").param, "echo");
    EXPECT_EQ(read_badly(chat, R"({"model":"m","max_tokens":0,"echo":true})").param, "max_tokens");
    EXPECT_EQ(read_well(chat, R"({"model":"m","echo":1})").model, "m") << "means nothing here";
}

TEST(read_request, embeddings_have_one_choice_whatever_the_input) {
    const auto texts = read_well(endpoint::embeddings, R"({"model":"m","input":["abc","de"],"n":5})");
    EXPECT_EQ(texts.choices, 1);
    EXPECT_GE(texts.text_bytes, 5);
    EXPECT_EQ(texts.messages, 2);
    EXPECT_EQ(read_well(endpoint::embeddings, R"({"model":"m","input":[[1,2],[3]]})").token_ids, 3);
}

TEST(read_request, responses_see_hidden_input_tools_and_items) {
    constexpr auto responses = endpoint::responses;
    EXPECT_FALSE(read_well(responses, R"({"model":"m","input":"hello","previous_response_id":null})").hidden_input);
    for (const std::string_view member :
         {R"("previous_response_id":"resp_1")", R"("conversation":{"id":"c"})", R"("prompt":{"id":"p"})",
          R"("input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}])",
          R"("input":[{"role":"user","content":[{"type":"input_image","file\u005fid":"f"}]}])",
          R"("input":[{"role":"user","content":[{"type":"input_file","file_url":"https://x"}]}])",
          R"("input":[{"type":"item\u005freference","id":"x"}])"})
        EXPECT_TRUE(read_well(responses, R"({"model":"m",)" + std::string(member) + "}").hidden_input) << member;
    const auto facts = read_well(responses, R"({"model":"m","background":true,"instructions":"Be kind",
        "input":[{"role":"user","content":"a"},{"type":"function_call_output","call_id":"c","output":"b"}],
        "max_tool_calls":3,"text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"}}},
        "tools":[{"type":"function","name":"f","parameters":{"type":"object"}},{"type":"web_search"},{"type":"mcp"},
                 {"type":"something_new"},{"type":"function","type":"code_interpreter"}]})");
    EXPECT_TRUE(facts.background);
    EXPECT_EQ(facts.messages, 2);
    EXPECT_EQ(facts.max_tool_calls, 3);
    EXPECT_EQ(facts.tools, 1);
    EXPECT_EQ(facts.hosted_tools, 4);
    EXPECT_TRUE(facts.wants_json_schema);
    EXPECT_EQ(read_well(chat, R"({"model":"m","web_search_options":{}})").hosted_tools, 1);
    EXPECT_TRUE(read_well(chat, R"({"model":"m","modalities":["text","audio"]})").audio_output);
}

TEST(read_request, media_is_not_text) {
    const std::string data(100'000, 'A');
    const auto facts = read_well(chat, R"({"model":"m","messages":[{"role":"user","content":[
        {"type":"text","text":"What is this?"},
        {"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
                                           data + R"("}},
        {"type":"image_url","image_url":{"url":"https://example.com/x.png"}},
        {"type":"input_audio","input_audio":{"format":"mp3","data":")" +
                                           data + R"("}},
        {"type":"file","file":{"filename":"x.pdf","file_data":")" +
                                           data + R"("}}]}]})");
    EXPECT_LT(facts.text_bytes, 200);
    EXPECT_EQ(facts.images, 2);
    EXPECT_EQ(facts.image_tokens, 2 * 4'128);
    EXPECT_EQ(facts.audio_bytes, 100'000);
    EXPECT_EQ(facts.audio_tokens, 100 * 32);
    EXPECT_EQ(facts.files, 1);
    EXPECT_EQ(facts.file_bytes, 100'000);
    // Text that only looks like an image is text.
    EXPECT_GT(
        read_well(chat, R"({"model":"m","messages":[{"content":"data:image/png;base64,)" + data + "\"}]}").text_bytes,
        100'000);
}

TEST(read_request, every_prefix_of_a_body_is_refused) {
    const std::string body =
        R"({"model":"m","messages":[{"role":"user","content":"h\u00e9"}],"n":1,"x":{"y":[1.5,true]}})";
    for (std::size_t length = 0; length < body.size(); ++length) read_badly(chat, body.substr(0, length));
    read_well(chat, body);
}

}
