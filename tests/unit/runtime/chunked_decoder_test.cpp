#include <tollgate/runtime/chunked_decoder.hpp>

#include <tollgate/core/limits.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tollgate {
namespace {

enum class end { open, done, malformed };

struct outcome {
    std::string body;
    std::string rest; // not consumed
    end how = end::open;
};

// Feeds the pieces as separate inputs, and what one leaves behind in front of the next.
outcome decode(const std::vector<std::string>& pieces) {
    chunked_decoder decoder;
    outcome all;
    for (const std::string& piece : pieces) {
        all.rest += piece;
        const auto [consumed, data] = decoder.decode(all.rest);
        all.body.append(all.rest, 0, data);
        all.rest.erase(0, consumed);
    }
    all.how = decoder.done() ? end::done : decoder.malformed() ? end::malformed : end::open;
    return all;
}

std::string repeated(std::size_t count, char c) { return std::string(count, c); }

TEST(chunked_decoder, reads_what_the_grammar_allows_and_stops_behind_the_end) {
    struct row {
        const char* what;
        std::string wire, body, rest;
    };
    const row rows[] = {
        {"empty", "0\r\n\r\n", "", ""},
        {"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", ""},
        {"two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", ""},
        {"hexadecimal of both cases", "a\r\n0123456789\r\nA\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij", ""},
        {"leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello", ""},
        {"an extension", "5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello", ""},
        {"trailers", "5\r\nhello\r\n0\r\nx-a: b\r\nx-c: d\r\n\r\n", "hello", ""},
        {"data that looks like framing", "7\r\n0\r\n\r\n5\r\r\n0\r\n\r\n", "0\r\n\r\n5\r", ""},
        {"another message behind it", "1\r\nx\r\n0\r\n\r\nHTTP/1.1 200", "x", "HTTP/1.1 200"},
        {"the longest size line", "1;" + repeated(limits::chunk_line_bytes_max - 1, 'e') + "\r\nx\r\n0\r\n\r\n", "x",
         ""},
        {"the longest trailers", "0\r\n" + repeated(limits::trailer_bytes_max, 't') + "\r\n\r\n", "", ""},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        const outcome whole = decode({r.wire});
        EXPECT_EQ(whole.how, end::done);
        EXPECT_EQ(whole.body, r.body);
        EXPECT_EQ(whole.rest, r.rest);
        for (std::size_t cut = 1; cut < r.wire.size(); ++cut) {
            const outcome split = decode({r.wire.substr(0, cut), r.wire.substr(cut)});
            ASSERT_EQ(split.how, end::done) << cut;
            ASSERT_EQ(split.body, r.body) << cut;
            ASSERT_EQ(split.rest, r.rest) << cut;
        }
    }
}

TEST(chunked_decoder, refuses_everything_else_however_it_is_split) {
    std::string many_extensions;
    const std::size_t lines = limits::chunk_extension_bytes_max / 200 + 1;
    for (std::size_t i = 0; i < lines; ++i) many_extensions += "1;" + repeated(200, 'e') + "\r\nx\r\n";
    struct row {
        const char* what;
        std::string wire;
    };
    const row rows[] = {
        {"no size", "\r\n\r\n"},
        {"no digit before an extension", ";a\r\n"},
        {"a sign", "+5\r\nhello"},
        {"a negative size", "-5\r\n"},
        {"a prefix", "0x5\r\nhello"},
        {"a blank before the size", " 5\r\nhello"},
        {"a blank behind the size", "5 \r\nhello"},
        {"a bare line feed behind the size", "5\nhello"},
        {"a bare return behind the size", "5\rhello"},
        {"a bare line feed in an extension", "5;a\nhello"},
        {"a control character in an extension", std::string("5;a\x01\r\n")},
        {"data longer than said", "5\r\nhello!\r\n"},
        {"data without its line end", "5\r\nhello0\r\n\r\n"},
        {"a bare line feed behind data", "5\r\nhello\n0\r\n\r\n"},
        {"sixteen digits", "0000000000000005\r\nhello"},
        {"a size near overflow", "ffffffffffffffff\r\n"},
        {"a size line one too long", "1;" + repeated(limits::chunk_line_bytes_max, 'e') + "\r\nx\r\n0\r\n\r\n"},
        {"trailers one too long", "0\r\n" + repeated(limits::trailer_bytes_max + 1, 't') + "\r\n\r\n"},
        {"a bare line feed in a trailer", "0\r\nx: y\n\r\n"},
        {"a bare return at the end", "0\r\n\rX"},
        {"extensions without end", many_extensions},
    };
    for (const row& r : rows) {
        SCOPED_TRACE(r.what);
        EXPECT_EQ(decode({r.wire}).how, end::malformed);
        std::vector<std::string> bytes;
        for (const char c : r.wire) bytes.emplace_back(1, c);
        EXPECT_EQ(decode(bytes).how, end::malformed);
    }
}

TEST(chunked_decoder, is_neither_done_nor_malformed_before_the_last_byte) {
    const std::string wire = "5;x\r\nhello\r\n0\r\nt: u\r\n\r\n";
    for (std::size_t cut = 0; cut < wire.size(); ++cut) EXPECT_EQ(decode({wire.substr(0, cut)}).how, end::open) << cut;
}

TEST(chunked_decoder, random_bodies_in_random_chunks_and_reads_come_back_the_same) {
    const unsigned seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return static_cast<std::size_t>(random() % n); };
    for (int round = 0; round < 200; ++round) {
        std::string body, wire;
        for (std::size_t chunks = below(8); chunks > 0; --chunks) {
            std::string data(1 + below(300), ' ');
            for (char& c : data) c = static_cast<char>(random());
            char size[16];
            std::snprintf(size, sizeof size, "%zx\r\n", data.size());
            wire += size + data + "\r\n";
            body += data;
        }
        wire += "0\r\n\r\n";
        std::vector<std::string> reads;
        for (std::size_t at = 0; at < wire.size();) {
            reads.push_back(wire.substr(at, 1 + below(100)));
            at += reads.back().size();
        }
        const outcome got = decode(reads);
        ASSERT_EQ(got.how, end::done);
        ASSERT_EQ(got.body, body);
    }
}

}
}
