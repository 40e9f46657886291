#include "process.hpp"

#include <tollgate/core/limits.hpp>

#include <boost/asio/co_spawn.hpp>

namespace tollgate::simulation {

namespace {

constexpr std::int64_t longest_patience_us = 10'000'000;
constexpr int recover_attempts = 100; // as in daemon/gateway.cpp
constexpr int unwinding_steps_max = 100'000;

}

std::int64_t sim_clock::steady_us() const { return time_.now().us + after_us; }

task<> sim_clock::sleep(std::uint32_t ms) {
    if (!over) co_await time_.sleep(std::int64_t{ms} * 1000, life_, nullptr);
}

task<result<std::shared_ptr<const ports::caller>>> sim_keys::find(std::string_view secret) {
    auto caller = std::make_shared<ports::caller>();
    caller->tenant = secret;
    caller->key = "key_" + caller->tenant;
    co_return caller;
}

void watched_ledger::enter() {
    waiting += 1;
    on_wait_();
}

task<result<ledger::reserve_outcome>> watched_ledger::reserve(ledger::reserve_op&& op) {
    if (director_.misbehaves(planted::early_dispatch)) {
        ledger::reserve_outcome early;
        early.admitted = true;
        early.hold = op.hold;
        early.readings.resize(op.limits.size());
        co_return early;
    }
    enter();
    const bool blind = director_.misbehaves(planted::ignored_limits);
    const std::size_t limits = op.limits.size();
    if (blind) op.limits.clear();
    if (director_.misbehaves(planted::second_hold)) {
        ledger::reserve_op twin = op;
        twin.hold.id = request_id(op.hold.id.high(), op.hold.id.low() + 1);
        co_await real_.reserve(std::move(twin));
    }
    op.claim = ledger::claim{op.hold.id.text(), "hash"};
    ledger::reserve_op next = op;
    next.hold.attempt = 1;
    auto out = co_await real_.reserve(std::move(op));
    if (out && blind) out->readings.resize(limits); // as if nothing had been spent
    // Some requests hold a second time, as one does that goes to another provider. What becomes of that is not told:
    // whoever lost the answer goes on with the hold it knows.
    if (out && out->admitted && !blind && next.hold.id.low() % 3 == 0) {
        auto again = co_await real_.reserve(std::move(next));
        if (again && again->admitted && !again->repeated && again->hold.id.low() % 2 == 0) out = std::move(again);
    }
    waiting -= 1;
    co_return out;
}

task<ports::ledger_port::settled> watched_ledger::settle(ledger::settle_op&& op) {
    enter();
    op.answer = ledger::stored_answer{200, "text/plain", op.hold.id.text()};
    if (op.actual > usd_nano() && director_.misbehaves(planted::undercharge)) op.actual -= usd_nano(1);
    auto out = co_await real_.settle(std::move(op));
    waiting -= 1;
    co_return out;
}

task<ports::ledger_port::settled> watched_ledger::release(ledger::release_op&& op) {
    enter();
    auto out = co_await real_.release(std::move(op));
    waiting -= 1;
    co_return out;
}

task<result<ledger::move_outcome>> watched_ledger::move(ledger::move_op op) {
    enter();
    auto out = co_await real_.move(std::move(op));
    waiting -= 1;
    co_return out;
}

process::process(const surroundings& with, disk& outbox, std::string node, owner_id life, random_source random)
    : with_(with), life_(life), random_(random), clock_(with_.time, life), rng_(random_.fork()),
      outbox_(outbox, random_.fork(), [this] { return alive() && !doomed_; }),
      writer_store_(with_.open_store(), with_.director, life), sweeper_store_(with_.open_store(), with_.director, life),
      writer_(writer_store_, outbox_), ledger_(io_.get_executor(), writer_, [this] { return clock_.steady_us(); }),
      watched_(ledger_, with_.director, [this] { plan_tick(); }), sweeper_(sweeper_store_, rng_),
      provider_({with_.time, with_.find, with_.on_dispatch, [this] { return alive() && !doomed_; }}),
      use_{with_.config,   keys_,    watched_, provider_,          clock_,         rng_, log_, metrics_, with_.accounts,
           confirmations_, digests_, retries_, io_.get_executor(), std::move(node)} {}

void process::run(task<> work) {
    flows_ += 1;
    net::co_spawn(io_, std::move(work), [this](std::exception_ptr failed) {
        flows_ -= 1;
        if (failed) with_.on_bug("a flow threw");
    });
}

void process::start(request& of) {
    of.life = life_;
    clients_.push_back(std::make_unique<client>(of, with_.time, [this] { return alive() && !doomed_; }));
    client& x = *clients_.back();
    if (of.client.leaves_after_us > 0) with_.time.after_us(of.client.leaves_after_us, life_, [&x] { x.leave(); });
    run(flow(of, x));
}

task<> process::flow(request& of, client& x) {
    co_await app::complete(use_, x, openai::endpoint::chat_completions);
    if (alive() && !doomed_) of.finished = true;
}

void process::top_up(ledger::move_op op, std::function<void(bool done)> then) {
    auto work = [](process& self, ledger::move_op what, std::function<void(bool)> report) -> task<> {
        auto moved = co_await self.watched_.move(std::move(what));
        if (self.alive()) report(moved.has_value());
    };
    run(work(*this, std::move(op), std::move(then)));
}

bool process::recover() {
    in_store_ += 1;
    for (int i = 0; outbox_.size() > 0 && i < recover_attempts && !doomed_; ++i) writer_.run_once();
    const bool done = !doomed_ && sweeper_.recover(use_.node).has_value();
    in_store_ -= 1;
    return done;
}

void process::sweep() {
    if (!alive() || in_store_ > 0) return;
    in_store_ += 1;
    const auto swept = sweeper_.sweep();
    in_store_ -= 1;
    (void)swept; // a store that is away is asked again later
}

void process::poll() {
    if (!alive()) return;
    bool ran = false;
    while (!doomed_ && io_.poll_one() > 0) ran = true;
    if (!doomed_ && (ran || outbox_.size() > 0)) plan_writer(random_.between(0, 2'000));
}

bool process::busy() const { return in_store_ > 0; }

void process::plan_writer(std::int64_t us) {
    if (writer_planned_) return;
    writer_planned_ = true;
    with_.time.after_us(us, life_, [this] {
        writer_planned_ = false;
        writer_turn();
    });
}

void process::writer_turn() {
    if (!alive() || doomed_) return;
    if (in_store_ > 0 || with_.store_is_busy()) return plan_writer(1'000);
    in_store_ += 1;
    const auto wait = writer_.run_once();
    in_store_ -= 1;
    if (wait && !doomed_) plan_writer(std::int64_t{*wait} * 1000 + random_.between(0, 1'000));
}

void process::plan_tick() {
    if (tick_planned_ || !alive()) return;
    tick_planned_ = true;
    with_.time.after_us(std::int64_t{limits::tick_ms} * 1000, life_, [this] {
        tick_planned_ = false;
        if (!alive() || doomed_) return;
        ledger_.on_tick();
        if (watched_.waiting > 0) plan_tick();
    });
}

void process::kill() {
    clock_.over = true;
    for (int i = 0; flows_ > 0 && i < unwinding_steps_max; ++i) {
        io_.poll();
        clock_.after_us += longest_patience_us;
        ledger_.on_tick();
        for (auto& action : with_.time.take(life_)) action();
    }
    if (flows_ > 0) with_.on_bug("a killed flow did not unwind");
    with_.time.take(life_);
}

bool process::stop() {
    in_store_ += 1;
    std::optional<std::uint32_t> wait = 0; // as the writer's thread does when it is told to stop
    while (wait && *wait == 0 && !doomed_) wait = writer_.run_once();
    if (!doomed_) writer_.drain_and_stop();
    in_store_ -= 1;
    return !wait && !doomed_;
}

void process::repeat_record(random_source& random) {
    if (outbox_.size() > 0) outbox_.repeat_any(random);
}

}
