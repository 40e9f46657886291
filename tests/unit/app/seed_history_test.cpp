// Whatever changes in a tenant's policy and whenever: after seeding its counters stand where they would, had the new
// policy been in force all along.
#include <unit/ledger/support.hpp>

#include <tollgate/app/counter_seeds.hpp>
#include <tollgate/core/json_writer.hpp>
#include <tollgate/policy/decide.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tollgate::app {

namespace {

constexpr std::int64_t start_s = 1'781'000'000; // 2026-06-09
constexpr std::int64_t span_s = 9 * 86'400;     // of a history: over a week's end, not over a month's

using ledger::book;

std::shared_ptr<const time_zone> zone_of(int which) {
    constexpr std::int32_t offsets[] = {0, 14 * 3600, -11 * 3600, 5 * 3600 + 1800};
    return std::make_shared<const time_zone>("zone" + std::to_string(which), offsets[which],
                                             std::vector<time_zone::transition>{});
}

class history {
public:
    explicit history(std::uint32_t seed) : random_(seed) {}

    void run();

private:
    int roll(int sides) { return static_cast<int>(random_() % static_cast<std::uint32_t>(sides)); }
    std::string pick(std::initializer_list<const char*> from) {
        return *(from.begin() + roll(static_cast<int>(from.size())));
    }

    policy::tenant_policy any_policy();
    policy::facts any_facts();
    ledger::reserve_op reserve(const policy::facts& who, const policy::tenant_policy& under, std::uint64_t n);
    ledger::settle_op settle(const ledger::reservation& hold, const policy::facts& who);
    void request(const policy::tenant_policy& real_policy);
    void end(book& in, ledger::reservation hold, const policy::facts& who, std::int64_t actual);
    void end_all();
    void seed();
    void seed_again();
    void compare(bool exactly);

    struct open_request {
        ledger::reservation real, ideal;
        policy::facts who;
        std::int64_t actual;
    };

    std::mt19937 random_;
    policy::tenant_policy first_, second_;
    instant now_ = instant::from_seconds(start_s);
    book real_, ideal_;
    std::vector<open_request> open_;
    std::map<ledger::counter_key, ledger::seed> kept_;
    std::uint64_t requests_ = 0;
    std::int64_t changed_s_ = 0;
};

policy::tenant_policy history::any_policy() {
    constexpr dimension all[] = {dimension::workspace, dimension::key,     dimension::feature,     dimension::agent,
                                 dimension::end_user,  dimension::session, dimension::environment, dimension::model};
    constexpr window spans[] = {window::hour, window::day, window::week, window::month, window::total};
    policy::tenant_policy out;
    out.tenant = "acme";
    out.zone = zone_of(roll(4));
    for (int i = roll(5); i >= 0; --i) {
        policy::limit& l = out.limits.emplace_back();
        l.name = "l" + std::to_string(i);
        l.span = spans[roll(5)];
        l.maximum = 1;
        l.actions = {policy::action::notify};
        if (roll(3) == 0) l.match.emplace_back(dimension::feature, pick({"f1", "f2"}));
        for (const dimension d : all)
            if (roll(5) == 0) l.per.push_back(d);
    }
    return out;
}

policy::facts history::any_facts() {
    policy::facts out;
    out.who.tenant = "acme";
    out.who.key = pick({"key_1", "key_2"});
    out.who.feature = pick({"f1", "f2", "", "a=b;c%"});
    out.who.agent = pick({"a1", "a2", ""});
    out.who.end_user = pick({"u1", "u2", "u3"});
    out.who.session = pick({"s1", "s\"2", ""});
    out.who.environment = pick({"prod", ""});
    out.who.model = pick({"m1", "m2"});
    return out;
}

std::string record_of(const attribution& who) {
    std::string text;
    json_writer out(text);
    out.begin_object().member("tenant", who.tenant).member("key_id", who.key);
    out.optional_member("session", who.session).optional_member("environment", who.environment);
    out.optional_member("feature", who.feature).optional_member("agent", who.agent);
    out.optional_member("end_user", who.end_user).member("model_requested", who.model).end_object();
    return text;
}

ledger::reserve_op history::reserve(const policy::facts& who, const policy::tenant_policy& under, std::uint64_t n) {
    ledger::reserve_op op;
    op.hold.id = request_id::make(now_.ms(), 0, n);
    op.hold.tenant = "acme";
    op.hold.amount = usd_nano(50);
    op.hold.tokens = 20;
    op.hold.record = record_of(who.who);
    op.ttl_ms = 60'000;
    for (const policy::applied_limit& l : policy::limits_for(who, under)) op.limits.push_back(l.check);
    op.also_count = {{"tenant", window::day, 0}, {"tenant", window::month, 0}};
    op.zone = under.zone;
    return op;
}

void history::end(book& in, ledger::reservation hold, const policy::facts& who, std::int64_t actual) {
    in.rows.now = now_;
    ledger::usage_row row;
    row.id = hold.id;
    row.tenant = "acme";
    row.key = who.who.key;
    row.workspace = who.who.workspace;
    row.feature = who.who.feature;
    row.agent = who.who.agent;
    row.end_user = who.who.end_user;
    row.model_requested = row.model_served = who.who.model;
    row.at = hold.created;
    row.record = record_of(who.who);
    if (actual == 0)
        in.one<ledger::end_outcome>(ledger::release_op{std::move(hold), row});
    else
        in.one<ledger::end_outcome>(ledger::settle_op{std::move(hold), usd_nano(actual), actual / 3, row});
}

void history::request(const policy::tenant_policy& real_policy) {
    const policy::facts who = any_facts();
    const std::uint64_t n = ++requests_;
    real_.rows.now = ideal_.rows.now = now_;
    open_request made;
    made.who = who;
    made.actual = roll(4) == 0 ? 0 : 1 + roll(49);
    made.real = real_.one<ledger::reserve_outcome>(reserve(who, real_policy, n)).hold;
    made.ideal = ideal_.one<ledger::reserve_outcome>(reserve(who, second_, n)).hold;
    open_.push_back(std::move(made));
}

void history::seed() {
    seed_sum sum(second_, families_of(second_), now_);
    for (const auto& [id, hold] : real_.rows.reservations) sum.add(row_of_open(hold));
    for (const ledger::usage_row& row : real_.usage) sum.add(row);
    for (const ledger::seed& fresh : sum.take()) {
        const auto before = kept_.find(fresh.key);
        ledger::counter& at = real_.rows.counters[fresh.key];
        const auto done =
            ledger::plant(at, before == kept_.end() ? std::nullopt : std::optional(before->second), fresh);
        if (!done) continue;
        at = done->at;
        kept_[fresh.key] = done->kept;
    }
}

// Counters of the windows that ran when the policy changed, and of later ones.
void history::compare(bool exactly) {
    ideal_.rows.counters.each([&](const ledger::counter_key& key, const ledger::counter& should) {
        if (key.start_s < window_start(key.span, instant::from_seconds(changed_s_), *second_.zone)) return;
        SCOPED_TRACE(key.scope + "/" + std::string(name_of(key.span)) + "/" + std::to_string(key.start_s));
        const ledger::counter& is = real_.rows.counters[key];
        EXPECT_EQ(is.requests, should.requests);
        if (exactly) {
            EXPECT_EQ(is.spent, should.spent);
            EXPECT_EQ(is.tokens, should.tokens);
            EXPECT_EQ(is.held, usd_nano());
        }
        EXPECT_GE(is.spent + is.held, should.spent + should.held); // never refilled
        EXPECT_GE(is.tokens + is.tokens_held, should.tokens + should.tokens_held);
    });
}

void history::run() {
    first_ = any_policy();
    second_ = any_policy();
    const int before = 20 + roll(40), after = 20 + roll(20);
    bool again = false;
    for (int i = 0; i < before + after; ++i) {
        if (i == before) {
            changed_s_ = now_.seconds();
            seed();
            compare(false);
            again = roll(2) == 0;
            if (again) seed_again();
        }
        now_.us += roll(static_cast<int>(span_s / (before + after))) * 1'000'000LL;
        request(i < before ? first_ : second_);
        while (!open_.empty() && roll(3) != 0) {
            const open_request ended = open_.front();
            open_.erase(open_.begin());
            end(real_, ended.real, ended.who, ended.actual);
            end(ideal_, ended.ideal, ended.who, ended.actual);
        }
    }
    end_all();
    compare(again);
}

void history::end_all() {
    for (const open_request& each : open_) {
        end(real_, each.real, each.who, each.actual);
        end(ideal_, each.ideal, each.who, each.actual);
    }
    open_.clear();
}

// When what was open has ended, seeding again tells what it cost.
void history::seed_again() {
    end_all();
    now_.us += 1'000'000;
    changed_s_ = now_.seconds();
    seed();
    compare(true);
}

}

TEST(seed_history, a_changed_policy_never_refills_a_counter) {
    for (std::uint32_t seed = 1; seed <= 100 && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE(seed);
        history(seed).run();
    }
}

}
