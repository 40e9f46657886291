#include <tollgate/app/retry_share.hpp>

#include <gtest/gtest.h>

#include <map>
#include <thread>

namespace tollgate::app {

namespace {

constexpr instant start = instant::from_seconds(1'800'000'000);
constexpr std::int64_t second = 1'000'000;
constexpr policy::retry_guard guard;
constexpr hash_key secret{3, 5};

using rows = std::map<std::pair<key_id, std::uint64_t>, policy::retry_block>;

class fake_store final : public store::retry_block_store {
public:
    explicit fake_store(std::shared_ptr<rows> shared, bool* down) : shared_(std::move(shared)), down_(down) {}
    store_result<void> keep(const policy::retry_block& block, instant) override {
        if (*down_) return std::unexpected(store_error{});
        (*shared_)[{block.key, block.hash}] = block;
        return {};
    }
    store_result<std::vector<policy::retry_block>> ending_after(instant after, std::size_t) override {
        if (*down_) return std::unexpected(store_error{});
        std::vector<policy::retry_block> out;
        for (const auto& [name, block] : *shared_)
            if (block.until > after) out.push_back(block);
        return out;
    }

private:
    std::shared_ptr<rows> shared_;
    bool* down_;
};

struct process {
    process(const std::shared_ptr<rows>& shared, bool* down)
        : share(watch, std::make_unique<fake_store>(shared, down)) {}
    policy::retry_facts send(int times, instant now) {
        policy::retry_facts last;
        for (int i = 0; i < times; ++i)
            last = watch.observe({"acme", "key_1", watch.hash_of("key_1", "/v1/chat/completions", "{}"), false}, guard,
                                 now);
        return last;
    }
    retry_watch watch{secret};
    retry_share share;
};

}

TEST(retry_share, a_block_reaches_the_other_process_and_the_next_life_of_this_one) {
    const auto shared = std::make_shared<rows>();
    bool down = false;
    process one(shared, &down), two(shared, &down);
    one.send(6, start);
    EXPECT_TRUE(one.share.exchange(start));
    EXPECT_FALSE(two.send(1, start).blocked_until);
    EXPECT_TRUE(two.share.exchange(start));
    EXPECT_EQ(two.send(1, start).blocked_until, (instant{start.us + 30 * second}));

    process again(shared, &down);
    EXPECT_TRUE(again.share.load({start.us + 40 * second}));
    EXPECT_FALSE(again.send(5, {start.us + 40 * second}).blocked_until) << "it has ended";
    EXPECT_EQ(again.send(1, {start.us + 40 * second}).blocked_until, (instant{start.us + 100 * second})) << "doubled";
}

TEST(retry_share, what_the_store_does_not_take_is_written_when_it_is_back) {
    const auto shared = std::make_shared<rows>();
    bool down = true;
    process one(shared, &down);
    one.send(6, start);
    EXPECT_FALSE(one.share.exchange(start));
    EXPECT_FALSE(one.share.exchange(start));
    down = false;
    EXPECT_TRUE(one.share.exchange(start));
    EXPECT_EQ(shared->size(), 1u);
}

TEST(retry_watch, names_a_request_by_key_path_and_bytes) {
    const retry_watch watch(secret);
    const auto hash = watch.hash_of("key_1", "/v1/chat/completions", "{}");
    EXPECT_EQ(hash, watch.hash_of("key_1", "/v1/chat/completions", "{}"));
    EXPECT_NE(hash, watch.hash_of("key_2", "/v1/chat/completions", "{}"));
    EXPECT_NE(hash, watch.hash_of("key_1", "/v1/completions", "{}"));
    EXPECT_NE(hash, watch.hash_of("key_1", "/v1/chat/completions", "{ }"));
}

TEST(retry_watch, counts_exactly_over_many_threads) {
    retry_watch watch(secret);
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i)
                passed += !watch.observe({"acme", "key_1", 7, false}, guard, start).blocked_until;
        });
    for (auto& each : threads) each.join();
    EXPECT_EQ(passed, 5);
}

}
