#include "support.hpp"

#include <tollgate/ledger/codec.hpp>

namespace tollgate::ledger {

namespace {

settle_op sample() {
    book b;
    settle_op op = settle_of(
        b.one<reserve_outcome>(reserve_of(1, 60, {cost_limit(100), cost_limit(9, window::day, "a=1")})).hold, 25);
    op.row.record = R"({"a":"b"})";
    op.row.feature = "support";
    op.row.used.cached_tokens = 3;
    op.row.at = {123};
    op.hold.attempt = 2;
    op.answer = stored_answer{201, "application/json", std::string("{\0}", 3)};
    return op;
}

}

TEST(codec, an_ending_reads_back_as_it_was_written) {
    const settle_op op = sample();
    const auto back = decode(encode(op));
    ASSERT_TRUE(back);
    const auto& got = std::get<settle_op>(*back);
    EXPECT_EQ(got.hold, op.hold);
    EXPECT_EQ(got.actual, op.actual);
    EXPECT_EQ(got.tokens, op.tokens);
    EXPECT_EQ(got.row.record, op.row.record);
    EXPECT_EQ(got.row.feature, op.row.feature);
    EXPECT_EQ(got.row.used, op.row.used);
    EXPECT_EQ(got.row.at, op.row.at);
    EXPECT_EQ(got.answer, op.answer);
    EXPECT_TRUE(std::holds_alternative<release_op>(*decode(encode(release_op{op.hold, op.row}))));
}

TEST(codec, refuses_every_prefix_and_any_tail) {
    const std::string bytes = encode(sample());
    for (std::size_t n = 0; n < bytes.size(); ++n) ASSERT_FALSE(decode(std::string_view(bytes).substr(0, n))) << n;
    EXPECT_FALSE(decode(bytes + "x"));
    std::string other = bytes;
    other[0] = 9;
    EXPECT_FALSE(decode(other));
}

}
