#include "padded.hpp"

#include <tollgate/openai/request.hpp>

#include <gtest/gtest.h>

using namespace tollgate;
using namespace tollgate::openai;

namespace {

using change = void (*)(body_edits&, const request_facts&);

std::string edited(endpoint where, std::string_view body, change apply) {
    const padded text(body);
    const auto facts = read_request(where, text);
    if (!facts) return "refused: " + facts.error().message;
    body_edits edits(text.view());
    apply(edits, *facts);
    std::string out;
    const std::size_t size = edits.size();
    for (const std::string_view piece : edits.pieces()) out += piece;
    EXPECT_EQ(out.size(), size);
    EXPECT_EQ(edits.changed(), out != body);
    if (edits.changed()) {
        const padded again(out);
        EXPECT_TRUE(read_request(where, again).has_value()) << out;
    }
    return out;
}

constexpr auto chat = endpoint::chat_completions;

TEST(body_edits, without_edits_the_body_is_one_piece) {
    const padded text(R"({ "model" : "m" })");
    body_edits edits(text.view());
    ASSERT_EQ(edits.pieces().size(), 1u);
    EXPECT_EQ(edits.pieces()[0].data(), text.view().data());
}

TEST(body_edits, the_model_changes_and_nothing_else) {
    const change to_b = [](body_edits& e, const request_facts& f) { set_model(e, f, "b\"\\"); };
    EXPECT_EQ(edited(chat, R"({ "x":1.0 , "m\u006fdel" : "a\u0062" , "y" : "é\/" })", to_b),
              R"({ "x":1.0 , "m\u006fdel" : "b\"\\" , "y" : "é\/" })");
}

TEST(body_edits, one_output_cap_remains_under_the_name_the_provider_knows) {
    const change new_name = [](body_edits& e, const request_facts& f) { set_output_cap(e, f, 7, false); };
    const change old_name = [](body_edits& e, const request_facts& f) { set_output_cap(e, f, 7, true); };
    struct row {
        endpoint where;
        std::string_view body, modern, old;
    };
    const row rows[] = {
        {chat, R"({"model":"a"})", R"({"max_completion_tokens":7,"model":"a"})", R"({"max_tokens":7,"model":"a"})"},
        {chat, R"({"model":"a", "max_tokens" : 1e2 })", R"({"model":"a", "max_completion_tokens":7 })",
         R"({"model":"a", "max_tokens" : 7 })"},
        {chat, R"({"max_completion_tokens":9,"model":"a" , "max_tokens":5})",
         R"({"max_completion_tokens":7,"model":"a" })", R"({"max_tokens":7,"model":"a" })"},
        {chat, R"({"max_tokens":null,"model":"a"})", R"({"max_completion_tokens":7,"model":"a"})",
         R"({"max_tokens":7,"model":"a"})"},
        {chat, R"({"max\u005ftokens": 5,"model":"a"})", R"({"max_completion_tokens":7,"model":"a"})",
         R"({"max_tokens":7,"model":"a"})"},
        {endpoint::completions, R"({"model":"a","max_tokens":5})", R"({"model":"a","max_tokens":7})",
         R"({"model":"a","max_tokens":7})"},
        {endpoint::responses, R"({"model":"a"})", R"({"max_output_tokens":7,"model":"a"})",
         R"({"max_output_tokens":7,"model":"a"})"},
        {endpoint::responses, R"({"max_tokens":3,"max_output_tokens":5 , "max_completion_tokens":4,"model":"a"})",
         R"({"max_output_tokens":7 ,"model":"a"})", R"({"max_output_tokens":7 ,"model":"a"})"},
        {endpoint::embeddings, R"({"model":"a"})", R"({"model":"a"})", R"({"model":"a"})"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.body);
        EXPECT_EQ(edited(r.where, r.body, new_name), r.modern);
        EXPECT_EQ(edited(r.where, r.body, old_name), r.old);
    }
}

TEST(body_edits, usage_is_asked_for_where_streams_do_not_send_it_by_themselves) {
    struct row {
        endpoint where;
        std::string_view before, after;
    };
    const row rows[] = {
        {chat, R"({"model":"a"})", R"({"stream_options":{"include_usage":true},"model":"a"})"},
        {chat, R"({"model":"a","stream_options": null })",
         R"({"model":"a","stream_options": {"include_usage":true} })"},
        {chat, R"({"model":"a","stream_options":{ }})", R"({"model":"a","stream_options":{"include_usage":true }})"},
        {chat, R"({"model":"a","stream_options":{ "x":1}})",
         R"({"model":"a","stream_options":{"include_usage":true, "x":1}})"},
        {chat, R"({"model":"a","stream_options":{"x":{},"include_usage": false }})",
         R"({"model":"a","stream_options":{"x":{},"include_usage": true }})"},
        {chat, R"({"model":"a","stream_options":{"include_usage":null}})",
         R"({"model":"a","stream_options":{"include_usage":true}})"},
        {chat, R"({"model":"a","stream_options":{"include_usage":true}})",
         R"({"model":"a","stream_options":{"include_usage":true}})"},
        {endpoint::responses, R"({"model":"a"})", R"({"model":"a"})"},
        {endpoint::embeddings, R"({"model":"a"})", R"({"model":"a"})"},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.before);
        EXPECT_EQ(edited(r.where, r.before, ask_for_usage), r.after);
    }
}

TEST(body_edits, all_edits_together) {
    const change all = [](body_edits& e, const request_facts& f) {
        ask_for_usage(e, f);
        set_output_cap(e, f, 16, false);
        set_tool_calls_cap(e, f, 2);
        set_model(e, f, "up");
    };
    EXPECT_EQ(edited(chat, R"({"stream":true,"model":"a","messages":[]})", all),
              R"({"stream_options":{"include_usage":true},"max_completion_tokens":16,"max_tool_calls":2,)"
              R"("stream":true,"model":"up","messages":[]})");
    EXPECT_EQ(
        edited(chat, R"({"max_tool_calls":null,"max_tokens":1,"model":"a","stream_options":{}})", all),
        R"({"max_tool_calls":2,"max_completion_tokens":16,"model":"up","stream_options":{"include_usage":true}})");
}

}
