#include <support/fake_admin_store.hpp>
#include <support/run_task.hpp>

#include <tollgate/keys/key_admin.hpp>
#include <tollgate/keys/key_directory.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace tollgate::keys {

namespace {

using test::fake_key_store;
using test::key_rows;

struct world {
    std::shared_ptr<key_rows> rows = std::make_shared<key_rows>();
    blocking_pool pool{2, 64};
    std::atomic<std::int64_t> now_us{1'000'000};
    key_hasher hash{"pepper"};
    test::fake_admin_store store{rows};
    key_admin admin{store, hash, [] { return instant::from_seconds(1'000'000); }};

    std::unique_ptr<store::key_store> handle() { return std::make_unique<fake_key_store>(rows); }
    std::unique_ptr<key_cache> process(std::size_t keys_max = 100) {
        key_cache::options how;
        how.keys_max = keys_max;
        how.steady_us = [this] { return now_us.load(); };
        std::vector<std::unique_ptr<store::key_store>> readers;
        readers.push_back(handle());
        readers.push_back(handle());
        auto cache = std::make_unique<key_cache>(pool, std::move(readers), handle(), how);
        cache->poll_once();
        return cache;
    }
    issued_key make(const std::string& tenant = "acme") {
        key_request asked;
        asked.tenant = tenant;
        asked.feature = "support";
        return *admin.create(asked, "test");
    }
};

struct thread_of {
    net::io_context io{1};
    key_directory keys;
    thread_of(key_cache& cache, const key_hasher& hash, std::size_t keys_max = 100)
        : keys(io.get_executor(), cache, hash, keys_max) {}
    result<caller_ptr> find(std::string_view secret) { return test::run(io, keys.find(secret)); }
};

}

TEST(key_directory, knows_a_key_and_what_it_pins_and_reads_it_once) {
    world w;
    const issued_key key = w.make();
    const auto cache = w.process();
    thread_of one(*cache, w.hash), two(*cache, w.hash);
    for (int i = 0; i < 3; ++i) {
        const auto found = one.find(key.secret);
        ASSERT_TRUE(found && *found);
        EXPECT_EQ((*found)->tenant, "acme");
        EXPECT_EQ((*found)->key, key.row.id);
        EXPECT_EQ((*found)->feature, "support");
        EXPECT_TRUE(two.find(key.secret));
    }
    EXPECT_EQ(w.rows->reads, 1);
    EXPECT_EQ(cache->size(), 1u);
}

TEST(key_directory, refuses_what_is_no_key_without_asking_the_store) {
    world w;
    const auto cache = w.process();
    thread_of one(*cache, w.hash);
    std::string wrong = w.make().secret;
    wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
    for (const std::string& secret : {std::string(), std::string("sk-tg-"), wrong, std::string(513, 'x')}) {
        const auto found = one.find(secret);
        ASSERT_TRUE(found);
        EXPECT_EQ(*found, nullptr);
    }
    EXPECT_EQ(w.rows->reads, 0);
}

TEST(key_directory, believes_for_a_second_that_a_key_does_not_exist) {
    world w;
    const auto cache = w.process();
    thread_of one(*cache, w.hash);
    const std::string secret = make_secret();
    EXPECT_EQ(*one.find(secret), nullptr);
    w.now_us += 999'999;
    EXPECT_EQ(*one.find(secret), nullptr);
    EXPECT_EQ(w.rows->reads, 1);
    w.now_us += 1;
    EXPECT_EQ(*one.find(secret), nullptr);
    EXPECT_EQ(w.rows->reads, 2);
}

TEST(key_directory, finds_a_key_that_was_asked_for_before_it_was_made) {
    world w;
    const auto cache = w.process();
    thread_of one(*cache, w.hash);
    const std::string secret = make_secret();
    EXPECT_EQ(*one.find(secret), nullptr);
    store::key_row row;
    row.id = "key_late";
    row.tenant = "acme";
    row.hash = w.hash(secret);
    ASSERT_TRUE(w.store.create_key(row));
    EXPECT_EQ(*one.find(secret), nullptr) << "the poll has not been";
    EXPECT_TRUE(cache->poll_once());
    const auto found = one.find(secret);
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->key, "key_late");
}

TEST(key_cache, a_revocation_reaches_every_thread_of_every_process_with_its_next_poll) {
    world w;
    const issued_key key = w.make(), other = w.make("other");
    const auto here = w.process(), there = w.process();
    thread_of a(*here, w.hash), b(*here, w.hash), c(*there, w.hash);
    for (thread_of* t : {&a, &b, &c}) {
        EXPECT_FALSE((*t->find(key.secret))->revoked);
        EXPECT_TRUE(*t->find(other.secret));
    }
    ASSERT_TRUE(w.admin.revoke(key.row.id, "test"));
    EXPECT_FALSE((*a.find(key.secret))->revoked) << "not yet polled: still as it was";
    EXPECT_TRUE(here->poll_once());
    EXPECT_TRUE(there->poll_once());
    const int reads = w.rows->reads;
    for (thread_of* t : {&a, &b, &c}) {
        EXPECT_TRUE((*t->find(key.secret))->revoked);
        EXPECT_FALSE((*t->find(other.secret))->revoked);
    }
    EXPECT_EQ(w.rows->reads, reads) << "the poll brought the rows";
}

TEST(key_cache, an_answer_overtaken_by_a_change_is_not_remembered) {
    world w;
    const issued_key key = w.make();
    const auto cache = w.process();
    thread_of one(*cache, w.hash);
    // The row is read, then it is revoked and the poll passes, then the old answer arrives.
    w.rows->on_read = [&] {
        ASSERT_TRUE(w.admin.revoke(key.row.id, "test"));
        ASSERT_TRUE(cache->poll_once());
    };
    EXPECT_FALSE((*one.find(key.secret))->revoked);
    EXPECT_TRUE((*one.find(key.secret))->revoked);
}

TEST(key_cache, known_keys_are_served_while_the_store_is_away_and_unknown_ones_are_not_judged) {
    world w;
    const issued_key known = w.make(), unknown = w.make();
    const auto cache = w.process();
    thread_of one(*cache, w.hash);
    EXPECT_TRUE(*one.find(known.secret));
    w.rows->down = true;
    EXPECT_FALSE(cache->poll_once());
    EXPECT_TRUE(*one.find(known.secret));
    const auto found = one.find(unknown.secret);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, errc::ledger_unavailable);
    EXPECT_EQ(cache->seen().poll_failures, 1u);
    EXPECT_EQ(cache->seen().read_failures, 1u);
    w.rows->down = false;
    EXPECT_TRUE(*one.find(unknown.secret));
}

TEST(key_cache, remembers_nothing_until_its_poll_knows_where_it_stands) {
    world w;
    const issued_key key = w.make();
    w.rows->down = true;
    const auto cache = w.process(); // its first poll fails
    w.rows->down = false;
    thread_of one(*cache, w.hash);
    EXPECT_TRUE(*one.find(key.secret));
    EXPECT_EQ(cache->size(), 0u);
    EXPECT_TRUE(cache->poll_once());
    EXPECT_TRUE(*one.find(key.secret));
    EXPECT_EQ(cache->size(), 1u);
}

TEST(key_cache, stays_within_its_maximum) {
    world w;
    const auto cache = w.process(8);
    thread_of one(*cache, w.hash, 4);
    std::vector<std::string> secrets;
    for (int i = 0; i < 40; ++i) secrets.push_back(w.make().secret);
    cache->poll_once();
    for (const std::string& secret : secrets) {
        EXPECT_TRUE(*one.find(secret));
        EXPECT_LE(cache->size(), 8u);
    }
}

TEST(key_cache, takes_more_changes_than_one_page) {
    world w;
    const auto cache = w.process();
    for (std::size_t i = 0; i < limits::store_page_rows_max + 5; ++i) w.make();
    const issued_key last = w.make();
    EXPECT_TRUE(cache->poll_once());
    EXPECT_EQ(cache->seen().changes, limits::store_page_rows_max + 6);
    EXPECT_TRUE(cache->poll_once());
    EXPECT_EQ(cache->seen().changes, limits::store_page_rows_max + 6);
}

TEST(key_directory, many_requests_with_one_new_key_read_it_once) {
    world w;
    const issued_key key = w.make();
    const auto cache = w.process();
    thread_of one(*cache, w.hash);
    int found = 0;
    for (int i = 0; i < 10; ++i) {
        net::co_spawn(one.io, one.keys.find(key.secret), [&](std::exception_ptr, result<caller_ptr> answer) {
            if (answer && *answer) ++found;
        });
    }
    one.io.run();
    EXPECT_EQ(found, 10);
    EXPECT_EQ(w.rows->reads, 1);
}

TEST(key_cache, polls_by_itself_and_at_once_when_asked) {
    world w;
    const issued_key key = w.make();
    key_cache::options how;
    how.poll_ms = 3'600'000; // only when asked
    std::vector<std::unique_ptr<store::key_store>> readers;
    readers.push_back(w.handle());
    key_cache cache(w.pool, std::move(readers), w.handle(), how);
    EXPECT_TRUE(cache.poll_once());
    thread_of one(cache, w.hash);
    EXPECT_TRUE(*one.find(key.secret));
    cache.start();
    ASSERT_TRUE(w.admin.revoke(key.row.id, "test"));
    const std::uint64_t before = cache.generation();
    cache.poll_soon();
    while (cache.generation() == before) std::this_thread::yield();
    EXPECT_TRUE((*one.find(key.secret))->revoked);
    cache.stop();
}

TEST(key_directory, a_status_set_at_run_time_reaches_every_process_with_its_next_poll) {
    world w;
    const auto here = w.process(), there = w.process();
    thread_of one(*here, w.hash), other(*there, w.hash);
    EXPECT_EQ(one.keys.tenant_status("acme"), "");
    ASSERT_TRUE(w.store.set_tenant_status("acme", "suspended"));
    EXPECT_EQ(one.keys.tenant_status("acme"), "") << "the poll has not been";
    EXPECT_TRUE(here->poll_once());
    EXPECT_TRUE(there->poll_once());
    EXPECT_EQ(one.keys.tenant_status("acme"), "suspended");
    EXPECT_EQ(other.keys.tenant_status("acme"), "suspended");
    EXPECT_EQ(one.keys.tenant_status("beta"), "");
    ASSERT_TRUE(w.store.set_tenant_status("acme", ""));
    EXPECT_TRUE(here->poll_once());
    EXPECT_EQ(one.keys.tenant_status("acme"), "");
    EXPECT_EQ(other.keys.tenant_status("acme"), "suspended");
}

TEST(key_directory, a_process_that_starts_knows_the_statuses_of_before) {
    world w;
    ASSERT_TRUE(w.store.set_tenant_status("acme", "closed"));
    const auto late = w.process();
    thread_of one(*late, w.hash);
    EXPECT_EQ(one.keys.tenant_status("acme"), "closed");
}

}
