#include "stream_relay.hpp"

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

#include <random>

using namespace stream_tests;

namespace {

std::string with_line_ends(std::string_view text, std::string_view line_end) {
    std::string out;
    for (const char c : text) {
        if (c == '\n')
            out += line_end;
        else
            out += c;
    }
    return out;
}

constexpr std::string_view plain =
    "data: "
    "{\"id\":\"c\",\"model\":\"gpt-5-mini-2026\",\"service_tier\":\"default\",\"choices\":[{\"index\":0,\"delta\":{"
    "\"role\":\"assistant\",\"content\":\"\"}}]}\n\n"
    ": keep-alive\n\n"
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n"
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" wörld \\ud83d\\ude00\"}}]}\n\n"
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
constexpr std::string_view usage_chunk = "data: "
                                         "{\"id\":\"c\",\"model\":\"gpt-5-mini-2026\",\"choices\":[],\"usage\":{"
                                         "\"prompt_tokens\":9,\"completion_tokens\":4,\"total_tokens\":13}}\n\n";
constexpr std::string_view done = "data: [DONE]\n\n";

std::string whole() { return std::string(plain) + std::string(usage_chunk) + std::string(done); }

void expect_usage(const outcome& got) {
    EXPECT_TRUE(got.report.present);
    EXPECT_FALSE(got.report.malformed);
    EXPECT_EQ(got.report.used.prompt_tokens, 9);
    EXPECT_EQ(got.report.used.completion_tokens, 4);
    EXPECT_EQ(got.report.model, "gpt-5-mini-2026");
    EXPECT_EQ(got.report.tier, service_tier::standard);
    EXPECT_TRUE(got.ended);
    EXPECT_TRUE(got.final);
    EXPECT_FALSE(got.failed);
    EXPECT_GT(got.counted, 0);
}

TEST(stream_meter, an_event_of_the_gateway_goes_before_the_terminator_and_nowhere_else) {
    stream_meter whole({});
    whole.feed("data: {\"choices\":[]}\n\ndata: [DONE]\n\n");
    EXPECT_EQ(whole.tail({}, "data: 1\n\n"), "data: 1\n\ndata: [DONE]\n\n");
    stream_meter cut({});
    cut.feed("data: {\"choices\":[]}\n\n");
    EXPECT_EQ(cut.tail({}, "data: 1\n\n"), "");
}

TEST(stream_meter, relays_every_byte_and_holds_the_end_back) {
    const outcome got = relay(asked(), {whole()});
    EXPECT_EQ(got.sent, plain);
    EXPECT_EQ(got.last, std::string(usage_chunk) + std::string(done));
    EXPECT_EQ(got.events, 5);
    expect_usage(got);
}

TEST(stream_meter, whole_plain_events_are_not_copied) {
    stream_meter meter(asked());
    meter.feed(plain);
    const std::string events(plain.substr(plain.find(": keep")));
    const std::string_view out = meter.feed(events);
    EXPECT_EQ(out.data(), events.data());
    EXPECT_EQ(out.size(), events.size());
}

TEST(stream_meter, the_cost_joins_the_usage_that_was_asked_for) {
    const outcome got = relay(asked(), {whole()}, "0.0123");
    EXPECT_EQ(got.last,
              "data: {\"id\":\"c\",\"model\":\"gpt-5-mini-2026\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
              "\"completion_tokens\":4,\"total_tokens\":13,\"cost_usd\":\"0.0123\"}}\n\ndata: [DONE]\n\n");
    EXPECT_EQ(relay(asked(), {"data: {\"choices\":[],\"usage\":{ }}\n\ndata: [DONE]\n\n"}, "1").last,
              "data: {\"choices\":[],\"usage\":{ \"cost_usd\":\"1\"}}\n\ndata: [DONE]\n\n");
}

TEST(stream_meter, usage_that_was_not_asked_for_is_hidden) {
    const outcome got = relay(hidden(), {whole()}, "0.0123");
    EXPECT_EQ(got.sent, plain);
    EXPECT_EQ(got.last, done);
    expect_usage(got);
}

TEST(stream_meter, any_split_and_any_line_end_give_the_same) {
    for (const std::string_view line_end : {"\n", "\r\n", "\r"}) {
        const std::string input = with_line_ends(whole(), line_end);
        const std::string relayed = with_line_ends(plain, line_end);
        const std::string usage = with_line_ends(usage_chunk, line_end);
        for (const auto& how : {asked(), hidden()}) {
            std::vector<std::vector<std::string>> splits{{input}, each_byte(input)};
            for (std::size_t at = 1; at < input.size(); ++at) splits.push_back(split_at(input, at));
            for (const auto& pieces : splits) {
                SCOPED_TRACE(pieces.front());
                const outcome got = relay(how, pieces);
                ASSERT_EQ(got.sent, relayed);
                // The second half of the last CR LF belongs to the terminator, which is ours.
                ASSERT_EQ(got.last, how.hide_usage ? std::string(done) : usage + std::string(done));
                ASSERT_EQ(got.events, 5);
                expect_usage(got);
            }
        }
    }
}

TEST(stream_meter, comments_leave_at_once) {
    stream_meter meter(asked());
    EXPECT_EQ(meter.feed(": OPENROUTER PROCESSING\n"), ": OPENROUTER PROCESSING\n");
    EXPECT_EQ(meter.feed("\n: a"), "\n");
    EXPECT_EQ(meter.feed("\r"), ": a\r");
    EXPECT_EQ(meter.feed("\ndata: {}\n"), "\n");
    EXPECT_EQ(meter.feed(": inside\n\n"), "data: {}\n: inside\n\n");
    EXPECT_EQ(meter.events(), 1);
}

TEST(stream_meter, null_usage_is_cut_out_and_nothing_else) {
    struct row {
        std::string_view before, after;
    };
    const row rows[] = {
        {R"({"model":"m","choices":[{"delta":{"content":"a"}}],"usage":null})",
         R"({"model":"m","choices":[{"delta":{"content":"a"}}]})"},
        {R"({"model":"m","choices":[] , "usage" : null ,"obfuscation":"x}\"]{"})",
         R"({"model":"m","choices":[]  ,"obfuscation":"x}\"]{"})"},
        {R"({"usage":null, "model":"m"})", R"({"model":"m"})"},
        {R"({ "usage":null })", R"({  })"},
        {R"({"model":"m","x":{"usage":null},"y":1})", R"({"model":"m","x":{"usage":null},"y":1})"},
        {R"({"model":"m","x":{"usage":null},"usage":null})", R"({"model":"m","x":{"usage":null}})"},
        {R"({"model":"m","choices":[{"delta":{"content":"\"usage\":null"}}]})",
         R"({"model":"m","choices":[{"delta":{"content":"\"usage\":null"}}]})"},
        {R"({"model":"m","choices":[{"delta":{"content":"usage"}}]})",
         R"({"model":"m","choices":[{"delta":{"content":"usage"}}]})"},
    };
    for (const row& r : rows) {
        const std::string event = "data: " + std::string(r.before) + "\n\n";
        EXPECT_EQ(relay(hidden(), {event}).sent, "data: " + std::string(r.after) + "\n\n");
        EXPECT_EQ(relay(asked(), {event}).sent, event);
        EXPECT_FALSE(relay(hidden(), {event}).report.present);
    }
}

TEST(stream_meter, usage_on_a_chunk_with_choices_is_read_and_the_chunk_kept) {
    constexpr std::string_view chunk =
        R"(data: {"model":"mistral","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],)"
        R"("usage":{"prompt_tokens":5,"completion_tokens":0}})";
    const std::string input = std::string(chunk) + "\n\ndata: [DONE]\n\n";
    const outcome hides = relay(hidden(), {input}, "0.1");
    EXPECT_EQ(hides.all(), "data: "
                           "{\"model\":\"mistral\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_"
                           "reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    EXPECT_EQ(hides.report.used.prompt_tokens, 5);
    const outcome shows = relay(asked(), {input}, "0.1");
    EXPECT_EQ(shows.all(),
              std::string(chunk.substr(0, chunk.size() - 2)) + ",\"cost_usd\":\"0.1\"}}\n\ndata: [DONE]\n\n");
}

TEST(stream_meter, running_totals_replace_one_another) {
    std::string input, visible;
    for (int i = 1; i <= 3; ++i) {
        input +=
            "data: "
            "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":" +
            std::to_string(i) + "}}\n\n";
        visible += "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    }
    const outcome cut = relay(hidden(), {input});
    EXPECT_EQ(cut.all(), visible);
    EXPECT_EQ(cut.report.used.completion_tokens, 3);
    EXPECT_FALSE(cut.final); // more might have followed
    const outcome ended = relay(hidden(), {input + std::string(done)});
    EXPECT_TRUE(ended.final);
    EXPECT_EQ(relay(asked(), {input + std::string(done)}).sent, input);
}

TEST(stream_meter, zeros_behind_a_count_do_not_undo_it) {
    const std::string zeros =
        R"(data: {"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}})";
    const std::string count =
        R"(data: {"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30}})";
    for (const std::string& input : {count + "\n\n" + zeros, zeros + "\n\n" + count}) {
        const outcome got = relay(asked(), {input + "\n\n" + std::string(done)});
        EXPECT_EQ(got.report.used.prompt_tokens, 10) << input;
        EXPECT_EQ(got.report.used.completion_tokens, 20) << input;
    }
}

TEST(stream_meter, an_event_behind_the_usage_chunk_releases_it) {
    const std::string more = "data: {\"choices\":[],\"x\":1}\n\n";
    const outcome got = relay(asked(), {std::string(usage_chunk) + more, std::string(done)}, "0.5");
    EXPECT_EQ(got.all(), std::string(usage_chunk) + more + std::string(done));
    EXPECT_TRUE(got.final);
}

TEST(stream_meter, explicit_zero_is_usage_and_null_is_not) {
    const outcome zero =
        relay(asked(), {"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n"});
    EXPECT_TRUE(zero.report.present);
    EXPECT_EQ(zero.report.used, usage{});
    EXPECT_FALSE(relay(asked(), {"data: {\"choices\":[],\"usage\":null}\n\n"}).report.present);
    EXPECT_FALSE(relay(asked(), {"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":null}}\n\n"}).report.present);
}

TEST(stream_meter, every_spelling_of_done_ends_the_stream_and_ours_is_exact) {
    for (const std::string_view end : {"data: [DONE]\n\n", "data:[DONE]\n\n", "data: [DONE] \n\n",
                                       "data: [DONE]\r\n\r\n", "data: [DONE]", "event: done\ndata: [DONE]\n\n"}) {
        SCOPED_TRACE(end);
        const outcome got = relay(asked(), {std::string(plain), std::string(end)});
        EXPECT_TRUE(got.ended);
        EXPECT_EQ(got.all(), std::string(plain) + std::string(done));
    }
}

TEST(stream_meter, what_follows_done_is_swallowed) {
    const outcome got =
        relay(asked(), {std::string(done) + "data: {\"choices\":[]}\n\n", ": x\n\n", std::string(usage_chunk)});
    EXPECT_EQ(got.all(), done);
    EXPECT_FALSE(got.report.present);
    EXPECT_EQ(got.events, 0);
}

TEST(stream_meter, an_error_event_is_relayed_and_known) {
    const std::string error = "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n";
    const outcome got = relay(hidden(), {std::string(plain) + error});
    EXPECT_TRUE(got.failed);
    EXPECT_FALSE(got.ended);
    EXPECT_EQ(got.all(), std::string(plain) + error);
    EXPECT_FALSE(relay(asked(), {"data: {\"error\":null,\"choices\":[]}\n\n"}).failed);
    EXPECT_FALSE(
        relay(asked(), {"data: {\"choices\":[{\"delta\":{\"content\":\"error\",\"x\":\"\\\"error\\\"\"}}]}\n\n"})
            .failed);
}

TEST(stream_meter, a_cut_stream_is_not_ended_and_its_last_event_completed) {
    const std::string event = "data: {\"choices\":[{\"delta\":{\"content\":\"last\"}}]}";
    for (const std::string_view end : {"", "\n", "\r\n", "\r"}) {
        const outcome got = relay(asked(), {event + std::string(end)});
        EXPECT_FALSE(got.ended);
        EXPECT_EQ(got.sent, "");
        EXPECT_EQ(got.last, event + std::string(end) + (end.ends_with('\n') ? "\n" : "\n\n"));
        EXPECT_GT(got.counted, 0);
    }
    // Cut inside an event: it would be broken JSON for the client.
    for (std::size_t length = 1; length < event.size(); ++length) {
        const outcome got = relay(asked(), {event.substr(0, length)});
        EXPECT_EQ(got.all().find("choices"), std::string::npos) << length;
        EXPECT_FALSE(got.ended);
    }
    const outcome usage = relay(asked(), {std::string(usage_chunk.substr(0, usage_chunk.size() - 2))}, "0.1");
    EXPECT_TRUE(usage.final);
    EXPECT_NE(usage.last.find("\"cost_usd\":\"0.1\""), std::string::npos);
}

TEST(stream_meter, the_end_of_the_input_is_known_before_the_tail_is_sent) {
    stream_meter meter(asked());
    meter.feed(plain);
    EXPECT_EQ(meter.feed("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}"), "");
    EXPECT_EQ(meter.finish(), "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n");
    EXPECT_FALSE(meter.ended());
    EXPECT_EQ(meter.finish(), "");
    EXPECT_EQ(meter.tail({}), "");

    stream_meter whole(asked());
    whole.feed(std::string(plain) + std::string(usage_chunk) + "data: [DONE]");
    EXPECT_FALSE(whole.ended());
    EXPECT_EQ(whole.finish(), "");
    EXPECT_TRUE(whole.ended());
    EXPECT_TRUE(whole.usage_final());
    EXPECT_EQ(whole.tail({}), std::string(usage_chunk) + std::string(done));
}

TEST(stream_meter, a_huge_event_flows_with_bounded_memory) {
    const std::string filler(limits::sse_event_bytes_max, 'A');
    const std::string huge = "data: {\"choices\":[{\"delta\":{\"content\":\"" + filler + filler + "\"}}]}\n\n";
    stream_meter meter(hidden());
    std::string sent;
    std::size_t waiting_most = 0;
    const std::string input = std::string(plain) + huge + std::string(usage_chunk) + std::string(done);
    for (std::size_t at = 0; at < input.size(); at += 1'000) {
        const std::string piece = input.substr(at, 1'000);
        sent += meter.feed(piece);
        waiting_most = std::max(waiting_most, std::min(at + 1'000, input.size()) - sent.size());
    }
    sent += meter.tail({});
    EXPECT_EQ(sent, std::string(plain) + huge + std::string(done));
    EXPECT_LT(waiting_most, limits::sse_event_bytes_max + 2'000);
    EXPECT_TRUE(meter.usage_final());
    EXPECT_GT(meter.output_tokens_counted(), 100'000);
}

TEST(stream_meter, a_huge_event_that_is_cut_is_closed_before_anything_else_is_said) {
    const std::string start = "data: {\"x\":\"" + std::string(limits::sse_event_bytes_max, 'A');
    const outcome got = relay(asked(), {start});
    EXPECT_EQ(got.sent, start);
    EXPECT_EQ(got.last, "\n\n");
}

TEST(stream_meter, several_data_lines_are_one_event) {
    const std::string event =
        "data: {\"model\":\"m\",\ndata: \"choices\":[],\ndata:\"usage\":{\"prompt_tokens\":1,\ndata: "
        "\"completion_tokens\":2}}\n\n";
    const outcome shows = relay(asked(), {event + std::string(done)}, "0.1");
    EXPECT_EQ(shows.report.used.completion_tokens, 2);
    EXPECT_EQ(shows.all(), "data: {\"model\":\"m\", \"choices\":[], \"usage\":{\"prompt_tokens\":1, "
                           "\"completion_tokens\":2,\"cost_usd\":\"0.1\"}}\n\ndata: [DONE]\n\n");
    EXPECT_EQ(relay(hidden(), {event + std::string(done)}).all(), done);
    EXPECT_EQ(relay(hidden(), {"data: {\"model\":\"m\",\ndata: \"usage\":null}\n\n"}).all(),
              "data: {\"model\":\"m\"}\n\n");
}

TEST(stream_meter, a_byte_order_mark_is_not_passed_on) {
    const std::string input = "\xEF\xBB\xBF" + whole();
    for (const auto& pieces : {std::vector{input}, each_byte(input)})
        EXPECT_EQ(relay(hidden(), pieces).all(), std::string(plain) + std::string(done));
}

TEST(stream_meter, groq_hides_usage_in_a_member_of_its_own) {
    const std::string event = "data: "
                              "{\"model\":\"g\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"x_groq\":{"
                              "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}}\n\n";
    const outcome got = relay(hidden(), {event + std::string(done)});
    EXPECT_EQ(got.sent, event);
    EXPECT_EQ(got.report.used.completion_tokens, 4);
    EXPECT_TRUE(got.final);
}

TEST(stream_meter, delivered_text_is_counted) {
    struct row {
        endpoint where;
        std::string_view data;
        bool counts;
    };
    const row rows[] = {
        {endpoint::chat_completions, R"({"choices":[{"delta":{"reasoning_content":"think"}}]})", true},
        {endpoint::chat_completions, R"({"choices":[{"delta":{"refusal":"no"}}]})", true},
        {endpoint::chat_completions,
         R"({"choices":[{"delta":{"tool_calls":[{"id":"call_1","type":"function","function":{"arguments":"{)"
         R"(\"a\""}}]}}]})",
         true},
        {endpoint::chat_completions, R"({"choices":[{"delta":{"role":"assistant"},"finish_reason":"stop"}]})", false},
        {endpoint::completions, R"({"choices":[{"text":"word","index":0}]})", true},
        {endpoint::responses, R"({"type":"response.function_call_arguments.delta","item_id":"x","delta":"{}"})", true},
        {endpoint::responses, R"({"type":"response.output_text.done","text":"again"})", false},
        {endpoint::responses, R"({"type":"response.audio.delta","delta":"QUJD"})", false},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.data);
        EXPECT_EQ(relay(asked(r.where), {"data: " + std::string(r.data) + "\n\n"}).counted > 0, r.counts);
    }
    // Only the text counts, not the form around it.
    const outcome got = relay(asked(), {std::string(plain)});
    EXPECT_LE(got.counted, static_cast<std::int64_t>(std::string_view("Hello wörld 😀").size()));
}

TEST(stream_meter, random_splits_give_what_one_piece_gives) {
    const auto seed = std::random_device{}();
    RecordProperty("seed", static_cast<int>(seed));
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::string_view parts[] = {"data: {\"choices\":[],\"usage\":null}",
                                      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
                                      ": c",
                                      "event: x",
                                      "\n",
                                      "\n",
                                      "\r\n",
                                      "\r",
                                      "data:",
                                      "id: 1",
                                      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}",
                                      "retry: 5",
                                      "\xEF\xBB\xBF",
                                      "data: {\"error\":1}"};
    for (int round = 0; round < 2'000; ++round) {
        std::string input;
        for (int i = 0; i < 12; ++i) input += parts[random() % std::size(parts)];
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < input.size();) {
            const std::size_t size = 1 + random() % 20;
            pieces.push_back(input.substr(at, size));
            at += size;
        }
        for (const auto& how : {asked(), hidden()}) {
            const outcome one = relay(how, {input}, "1"), many = relay(how, pieces, "1");
            ASSERT_EQ(one.all(), many.all()) << input;
            ASSERT_EQ(one.events, many.events);
            ASSERT_EQ(one.report.present, many.report.present);
        }
    }
}

}
