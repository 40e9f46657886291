#include <tollgate/app/ledger_writer.hpp>

#include <contract/ops.hpp>
#include <support/memory_store.hpp>

#include <gtest/gtest.h>

namespace tollgate::app {

namespace {

// A disk that is full when it is told so.
class small_journal final : public ports::journal {
public:
    bool full = false;

    bool append(std::string_view record) override {
        if (!full) records_.emplace_back(record);
        return !full;
    }
    void read(const std::function<bool(std::string_view record)>& take) override {
        for (const std::string& each : records_)
            if (!take(each)) return;
    }
    void drop(std::size_t records) override {
        records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(records));
    }
    std::size_t size() const override { return records_.size(); }

private:
    std::vector<std::string> records_;
};

struct books {
    bool away = false;
    test::memory_database database{[] { return instant::from_seconds(1'780'000'000); }};
    small_journal outbox;
    std::unique_ptr<store::ledger_store> store;
    std::unique_ptr<ledger_writer> writer;

    books() {
        database.failures = [this](test::store_point) {
            return away ? test::store_failure::unavailable : test::store_failure::none;
        };
        store = database.open_ledger();
        writer = std::make_unique<ledger_writer>(*store, outbox);
    }
    ledger::reservation held(std::uint64_t n) {
        return test::must_reserve(*store, test::reserve(test::id_of(n), {})).hold;
    }
    std::int64_t charged(std::uint64_t n) const {
        const auto& rows = database.rows().usage;
        const auto at = rows.find(test::id_of(n));
        return at == rows.end() ? -1 : at->second.charged.count();
    }
};

}

TEST(ledger_writer, an_ending_that_the_outbox_takes_is_in_memory_nowhere) {
    books b;
    const auto hold = b.held(1);
    b.away = true;
    b.writer->keep(test::settle(hold, 60));
    EXPECT_EQ(b.writer->only_in_memory(), 0u);
    EXPECT_EQ(b.outbox.size(), 1u);
    b.away = false;
    EXPECT_EQ(b.writer->run_once(), 0u);
    EXPECT_EQ(b.charged(1), 60);
    EXPECT_EQ(b.outbox.size(), 0u);
}

TEST(ledger_writer, an_ending_that_nothing_takes_is_told_until_the_store_takes_it) {
    books b;
    const auto first = b.held(1), second = b.held(2);
    b.away = b.outbox.full = true;
    b.writer->keep(test::settle(first, 60));
    b.writer->keep(test::settle(second, 70));
    EXPECT_EQ(b.writer->only_in_memory(), 2u);
    EXPECT_NE(b.writer->run_once(), 0u);
    EXPECT_EQ(b.writer->only_in_memory(), 2u);
    EXPECT_GE(b.writer->seen().outbox_failures.load(), 2u);
    b.away = false;
    EXPECT_EQ(b.writer->run_once(), 0u);
    EXPECT_EQ(b.writer->only_in_memory(), 0u);
    EXPECT_EQ(b.charged(1), 60);
    EXPECT_EQ(b.charged(2), 70);
}

TEST(ledger_writer, an_ending_that_nothing_takes_goes_to_the_outbox_when_that_has_room_again) {
    books b;
    const auto hold = b.held(1);
    b.away = b.outbox.full = true;
    b.writer->keep(test::settle(hold, 60));
    EXPECT_NE(b.writer->run_once(), 0u);
    b.outbox.full = false;
    EXPECT_NE(b.writer->run_once(), 0u);
    EXPECT_EQ(b.writer->only_in_memory(), 0u);
    EXPECT_EQ(b.outbox.size(), 1u);
    EXPECT_EQ(b.writer->drain_and_stop(), 0u);
    EXPECT_EQ(b.outbox.size(), 1u) << "once";
    b.away = false;
    while (b.writer->run_once() || b.outbox.size() > 0) {
    }
    EXPECT_EQ(b.charged(1), 60);
}

TEST(ledger_writer, what_can_be_written_nowhere_at_the_end_is_told) {
    books b;
    const auto first = b.held(1), second = b.held(2);
    b.away = b.outbox.full = true;
    b.writer->keep(test::settle(first, 60));
    b.writer->keep(test::release(second));
    EXPECT_NE(b.writer->run_once(), 0u);
    EXPECT_EQ(b.writer->drain_and_stop(), 2u);
}

}
