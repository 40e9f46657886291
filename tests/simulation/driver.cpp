// What happens in a run: one act after the other, each by chance, and in the end everything is healed and drained.
#include "world.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::simulation {

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t longest_flow_us = 2 * 3'600 * second_us;
constexpr int drain_rounds_max = 400;

}

void world::start_request() {
    place* where = random_running();
    if (!where) return;
    requests_.push_back(make_request(random_, *config_, static_cast<int>(requests_.size())));
    request& of = *requests_.back();
    const script& plan = of.provider;
    log("request " + std::to_string(of.number) + " of " + of.tenant + " at " + where->node + ": provider " +
        std::to_string(static_cast<int>(plan.how)) + ", usage " + std::to_string(static_cast<int>(plan.usage)) +
        ", end " + std::to_string(static_cast<int>(plan.end)) + ", words " + std::to_string(plan.words));
    where->now->start(of);
}

void world::top_up() {
    place* where = random_running();
    if (!where) return;
    ledger::move_op op;
    op.tenant = "prep";
    // Sometimes the same one again, as a caller without an answer does.
    op.idempotency_key = "move-" + std::to_string(random_.chance(300) ? movements_ : ++movements_);
    op.kind = random_.chance(500) ? ledger::movement::top_up : ledger::movement::grant;
    op.amount = usd_nano(random_.between(1, 200'000));
    if (random_.chance(200)) {
        op.kind = ledger::movement::adjust;
        op.amount = -op.amount;
    } else if (random_.chance(400)) {
        op.expires_s = time_.now().seconds() + random_.between(1, 4'000);
    }
    op.transaction = request_id(random_.next(), random_.next());
    where->now->top_up(op, [](bool) {});
}

void world::break_store() {
    const std::int64_t us =
        random_.chance(100) ? random_.between(30, 600) * second_us : random_.between(1'000, 8'000'000);
    store_down_until_us_ = time_.now().us + us;
    log("store down for " + std::to_string(us / 1000) + " ms");
}

void world::break_disk() {
    place& where = places_[random_.index(2)];
    where.outbox.failing_permille = random_.chance(500) ? 0 : static_cast<int>(random_.between(100, 1000));
    log("disk of " + where.node + " fails " + std::to_string(where.outbox.failing_permille));
}

// The store's clock runs away: what runs expires under its feet.
void world::move_clock() {
    const std::int64_t us =
        random_.chance(500) ? std::int64_t{limits::reservation_ttl_ms} * 1000 : random_.between(1, 90) * second_us;
    store_ahead_us_ += us;
    log("store clock ahead by " + std::to_string(store_ahead_us_ / 1000) + " ms");
}

void world::act() {
    const std::int64_t dice = random_.between(0, 999);
    place& one = places_[random_.index(2)];
    if (dice < 600)
        start_request();
    else if (dice < 660)
        top_up();
    else if (dice < 730)
        break_store();
    else if (dice < 745)
        break_disk();
    else if (dice < 765)
        move_clock();
    else if (dice < 800 && one.now)
        kill(one);
    else if (dice < 825 && one.now)
        stop_orderly(one);
    else if (dice < 860 && one.now)
        one.now->repeat_record(random_);
    else if (dice < 930 && one.now)
        one.now->sweep();
    reap();
    for (place& each : places_)
        if (!each.now && random_.chance(400)) boot(each);
    const std::int64_t span = random_.between(0, 99);
    if (span < 60)
        advance(random_.between(0, 300'000));
    else if (span < 90)
        advance(random_.between(0, 6) * second_us);
    else
        advance(random_.between(0, 900) * second_us);
}

// Everything works again; whoever waits gets to the end, and what is left open expires.
void world::drain() {
    log("drain");
    healed_ = true;
    store_down_until_us_ = 0;
    for (place& each : places_) {
        each.outbox.failing_permille = 0;
        if (!each.now) boot(each);
    }
    const auto at_rest = [this] {
        bool rest = true;
        for (const place& each : places_) rest = rest && each.now->flows() == 0 && each.now->outbox_size() == 0;
        return rest;
    };
    advance(longest_flow_us);
    for (int i = 0; i < drain_rounds_max && !at_rest() && !checks_.violation(); ++i) advance(60 * second_us);
    if (checks_.violation()) return;
    if (!at_rest()) return checks_.fail("promise 5: a flow or an outbox never comes to an end");
    store_ahead_us_ += std::int64_t{limits::reservation_ttl_ms} * 1000 + second_us;
    for (place& each : places_) each.now->sweep();
    advance(60 * second_us);
}

}
