#include <tollgate/core/ids.hpp>

#include <gtest/gtest.h>

namespace tollgate {

TEST(request_id, text_reads_back) {
    for (const request_id id :
         {request_id(0, 1), request_id(~0ull, ~0ull), request_id::make(1'780'000'000'000, 7, 9)}) {
        const std::string text = id.text();
        EXPECT_EQ(text.size(), 30u);
        const auto back = request_id::parse(text);
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, id);
    }
}

TEST(request_id, text_sorts_by_time) {
    EXPECT_LT(request_id::make(1000, 0xffff, ~0ull).text(), request_id::make(1001, 0, 0).text());
    EXPECT_EQ(request_id::make(1'780'000'000'123, 5, 6).unix_ms(), 1'780'000'000'123);
}

TEST(request_id, refuses_what_it_did_not_write) {
    const std::string good = request_id(1, 2).text();
    EXPECT_FALSE(request_id::parse(""));
    EXPECT_FALSE(request_id::parse(good.substr(1)));
    EXPECT_FALSE(request_id::parse(good + "0"));
    EXPECT_FALSE(request_id::parse("req_" + std::string(25, '0') + "U"));
    EXPECT_FALSE(request_id::parse("req_8" + std::string(25, '0'))); // more than 128 bits
}

}
