// Random histories: after every batch the promises hold, whatever the order and however often calls repeat.
#include "support.hpp"

#include <random>

namespace tollgate::ledger {

namespace {

class history {
public:
    explicit history(std::uint64_t seed) : random_(seed) { b_.rows.now = instant::from_seconds(1'780'000'000); }

    void step() {
        b_.rows.now.us += below(40) == 0 ? 3'600'000'000 * below(30) : below(1000);
        std::vector<op> batch;
        for (std::int64_t i = 0, n = 1 + below(6); i < n; ++i) batch.push_back(any());
        const auto outcomes = b_.run(batch);
        for (const outcome& o : outcomes)
            if (const auto* r = std::get_if<reserve_outcome>(&o); r && r->admitted && !r->repeated)
                holds_.push_back(r->hold);
        check();
    }

private:
    std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n)); }

    op any() {
        const auto kind = below(10);
        if (kind < 5 || holds_.empty()) return reserve();
        const reservation& hold = holds_[static_cast<std::size_t>(below(static_cast<std::int64_t>(holds_.size())))];
        // Never above the hold here: the promises below are those of a provider that keeps to its worst case.
        if (kind < 8) return settle_of(hold, below(hold.amount.count() + 1));
        if (kind == 8) return expire_op{hold, row_of(hold)};
        return below(2) ? op(release_op{hold, row_of(hold)}) : op(top_up_of(std::to_string(below(30)), 1 + below(300)));
    }

    op reserve() {
        reserve_op op =
            reserve_of(static_cast<std::uint64_t>(1 + below(400)), below(60),
                       {cost_limit(800), cost_limit(300, window::day), cost_limit(120, window::hour, "feature=x")});
        op.hold.prepaid = true;
        return op;
    }

    void check() {
        usd_nano held;
        for (const auto& [id, hold] : b_.rows.reservations) held += hold.amount;
        const balance& money = b_.rows.balances["acme"].now;
        ASSERT_EQ(money.held, held);
        ASSERT_LE(money.spent + money.held, money.credited);
        b_.rows.counters.each([](const counter_key& key, const counter& at) {
            const std::int64_t most = key.span == window::month ? 800 : key.span == window::day ? 300 : 120;
            ASSERT_LE((at.spent + at.held).count(), most) << key.scope;
            ASSERT_GE(at.held, usd_nano());
            ASSERT_GE(at.in_flight, 0);
        });
        ASSERT_EQ(b_.account_balance(account::prepaid) + b_.account_balance(account::receivable),
                  money.credited - money.spent);
        ASSERT_EQ(b_.account_balance(account::revenue), money.spent);
    }

    std::mt19937_64 random_;
    book b_;
    std::vector<reservation> holds_;
};

}

TEST(random_history, keeps_every_promise_after_every_batch) {
    const std::uint64_t first = std::random_device{}();
    for (std::uint64_t seed = first; seed < first + 20; ++seed) {
        SCOPED_TRACE(seed);
        history h(seed);
        for (int i = 0; i < 300 && !testing::Test::HasFatalFailure(); ++i) h.step();
    }
}

}
