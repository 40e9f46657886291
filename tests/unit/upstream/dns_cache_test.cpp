#include <tollgate/upstream/dns_cache.hpp>

#include <tollgate/runtime/ticker.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace tollgate::upstream {
namespace {

net::ip::address address(const char* text) { return net::ip::make_address(text); }

class dns : public ::testing::Test {
protected:
    struct question {
        std::string host;
        dns_cache::answer answer;
    };

    dns_cache make(dns_cache::options with) {
        return dns_cache(
            [this](const std::string& host, dns_cache::answer done) { asked.push_back({host, std::move(done)}); },
            with);
    }

    std::shared_ptr<std::optional<addresses>> find(dns_cache& cache, std::string host) {
        auto result = std::make_shared<std::optional<addresses>>();
        const auto work = [](dns_cache& from, std::string name, steady_timer& timer,
                             std::shared_ptr<std::optional<addresses>> into) -> task<> {
            *into = co_await from.find(std::move(name), timer);
        };
        net::co_spawn(io, work(cache, std::move(host), wake, result), [](std::exception_ptr) {});
        turn();
        return result;
    }

    void turn() {
        io.restart();
        io.poll();
    }

    void answer(std::size_t which, addresses found, boost::system::error_code ec = {}) {
        asked.at(which).answer(ec, std::move(found));
        turn();
    }

    net::io_context io{1};
    steady_timer wake{io.get_executor()};
    std::vector<question> asked;
};

constexpr dns_cache::options never_old{.refresh_ms = 1'000'000, .stale_ms = 2'000'000};
constexpr dns_cache::options always_due{.refresh_ms = 0, .stale_ms = 2'000'000};
constexpr dns_cache::options always_stale{.refresh_ms = 0, .stale_ms = 0};

TEST_F(dns, the_first_use_waits_and_later_ones_do_not) {
    dns_cache cache = make(never_old);
    const auto first = find(cache, "a.test");
    EXPECT_FALSE(*first);
    answer(0, {address("10.0.0.1"), address("10.0.0.2")});
    ASSERT_TRUE(*first);
    EXPECT_EQ(first->value().size(), 2u);
    EXPECT_EQ(find(cache, "a.test")->value(), first->value());
    EXPECT_EQ(asked.size(), 1u);
}

TEST_F(dns, one_question_serves_all_who_wait) {
    dns_cache cache = make(never_old);
    steady_timer other(io.get_executor());
    const auto first = find(cache, "a.test");
    std::optional<addresses> second;
    const auto work = [&]() -> task<> { second = co_await cache.find("a.test", other); };
    net::co_spawn(io, work, [](std::exception_ptr) {});
    turn();
    EXPECT_EQ(asked.size(), 1u);
    answer(0, {address("10.0.0.1")});
    EXPECT_TRUE(*first);
    EXPECT_TRUE(second);
}

TEST_F(dns, known_addresses_serve_while_they_are_renewed) {
    dns_cache cache = make(always_due);
    find(cache, "a.test");
    answer(0, {address("10.0.0.1")});
    EXPECT_EQ(find(cache, "a.test")->value(), addresses{address("10.0.0.1")});
    ASSERT_EQ(asked.size(), 2u);
    find(cache, "a.test");
    EXPECT_EQ(asked.size(), 2u) << "one renewal at a time";
    answer(1, {address("10.0.0.9")});
    EXPECT_EQ(find(cache, "a.test")->value(), addresses{address("10.0.0.9")});
}

TEST_F(dns, a_failed_renewal_keeps_what_was_known) {
    for (const auto& with : {always_due, always_stale}) {
        asked.clear();
        dns_cache cache = make(with);
        find(cache, "a.test");
        answer(0, {address("10.0.0.1")});
        const auto again = find(cache, "a.test");
        answer(1, {}, net::error::host_not_found);
        ASSERT_TRUE(*again);
        EXPECT_EQ(again->value(), addresses{address("10.0.0.1")});
    }
}

TEST_F(dns, very_old_addresses_are_waited_for) {
    dns_cache cache = make(always_stale);
    find(cache, "a.test");
    answer(0, {address("10.0.0.1")});
    const auto later = find(cache, "a.test");
    EXPECT_FALSE(*later);
    answer(1, {address("10.0.0.2")});
    EXPECT_EQ(later->value(), addresses{address("10.0.0.2")});
}

TEST_F(dns, an_unknown_host_has_no_addresses_and_is_asked_for_again) {
    dns_cache cache = make(never_old);
    const auto first = find(cache, "a.test");
    answer(0, {}, net::error::host_not_found);
    EXPECT_TRUE(first->value().empty());
    find(cache, "a.test");
    EXPECT_EQ(asked.size(), 2u);
}

TEST_F(dns, a_wait_can_be_ended_early_and_the_answer_still_helps_the_next) {
    dns_cache cache = make(never_old);
    const auto first = find(cache, "a.test");
    wake.cancel();
    turn();
    EXPECT_TRUE(first->value().empty());
    answer(0, {address("10.0.0.1")});
    EXPECT_EQ(find(cache, "a.test")->value().size(), 1u);
}

TEST_F(dns, literals_need_no_question) {
    dns_cache cache = make(never_old);
    EXPECT_EQ(find(cache, "127.0.0.1")->value(), addresses{address("127.0.0.1")});
    EXPECT_EQ(find(cache, "[::1]")->value(), addresses{address("::1")});
    EXPECT_EQ(find(cache, "::1")->value(), addresses{address("::1")});
    cache.prefetch("127.0.0.1");
    EXPECT_TRUE(asked.empty());
}

TEST_F(dns, an_address_that_failed_is_tried_last) {
    dns_cache cache = make(never_old);
    cache.prefetch("a.test");
    answer(0, {address("10.0.0.1"), address("10.0.0.2"), address("10.0.0.3")});
    cache.failed("a.test", address("10.0.0.1"));
    const addresses expected{address("10.0.0.2"), address("10.0.0.3"), address("10.0.0.1")};
    EXPECT_EQ(find(cache, "a.test")->value(), expected);
}

TEST_F(dns, an_answer_after_the_cache_is_gone_is_dropped) {
    {
        dns_cache cache = make(never_old);
        cache.prefetch("a.test");
    }
    answer(0, {address("10.0.0.1")});
}

TEST_F(dns, hosts_are_forgotten_beyond_the_maximum) {
    dns_cache cache = make(never_old);
    for (std::size_t i = 0; i <= limits::dns_hosts_max; ++i) {
        cache.prefetch("h" + std::to_string(i));
        answer(i, {address("10.0.0.1")});
    }
    const std::size_t before = asked.size();
    for (std::size_t i = 0; i <= limits::dns_hosts_max; ++i) cache.prefetch("h" + std::to_string(i));
    EXPECT_GT(asked.size(), before);
}

TEST_F(dns, the_systems_resolver_knows_localhost) {
    dns_cache cache(io.get_executor());
    std::optional<addresses> found;
    const auto work = [&]() -> task<> { found = co_await cache.find("localhost", wake); };
    net::co_spawn(io, work, [](std::exception_ptr) {});
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!found && std::chrono::steady_clock::now() < end) io.run_one_until(end);
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->empty());
}

}
}
