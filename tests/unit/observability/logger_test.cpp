#include <tollgate/observability/logger.hpp>

#include <gtest/gtest.h>

namespace tollgate::observability {

namespace {

struct capture {
    std::string lines;
    logger log;
    explicit capture(log_format format, level least = level::info)
        : log({least, format, [this](std::string_view line) { lines += line; }}) {}
    std::string after_time() const { return lines.substr(lines.find(' ') + 1); }
};

}

TEST(logger, writes_a_line_of_text_that_a_person_reads) {
    capture c(log_format::text);
    c.log.info("listening", {{"address", "0.0.0.0:8080"}, {"why", "two words"}, {"empty", ""}});
    EXPECT_EQ(c.after_time(), "info listening address=0.0.0.0:8080 why=\"two words\" empty=\"\"\n");
    ASSERT_GE(c.lines.size(), 24u);
    EXPECT_EQ(c.lines[10], 'T');
    EXPECT_EQ(c.lines[23], 'Z');
}

TEST(logger, writes_json_that_stays_json_whatever_it_carries) {
    capture c(log_format::json);
    c.log.error("bad \"thing\"", {{"detail", "a\nb%v"}});
    const std::string body = c.lines.substr(c.lines.find("\",\"level\""));
    EXPECT_EQ(body, "\",\"level\":\"error\",\"message\":\"bad \\\"thing\\\"\",\"detail\":\"a\\nb%v\"}\n");
    EXPECT_TRUE(c.lines.starts_with("{\"time\":\"20"));
}

TEST(logger, keeps_text_on_one_line) {
    capture c(log_format::text);
    c.log.warn("a\nb", {{"peer", "x\r\n\x1b[31my"}});
    EXPECT_EQ(c.after_time(), "warning a b peer=\"x\\r\\n\\u001b[31my\"\n");
}

TEST(logger, says_nothing_below_its_level) {
    capture c(log_format::text, level::warn);
    c.log.info("no");
    EXPECT_FALSE(c.log.wants(level::info));
    EXPECT_EQ(c.lines, "");
    c.log.set_level(level::debug);
    c.log.debug("yes");
    EXPECT_EQ(c.after_time(), "debug yes\n");
    c.log.set_level(level::off);
    c.log.error("no");
    EXPECT_EQ(c.after_time(), "debug yes\n");
}

TEST(logger, reads_the_names_of_levels) {
    EXPECT_EQ(parse_level("trace"), level::trace);
    EXPECT_EQ(parse_level("off"), level::off);
    EXPECT_EQ(parse_level("loud"), std::nullopt);
    EXPECT_EQ(parse_level(""), std::nullopt);
}

}
