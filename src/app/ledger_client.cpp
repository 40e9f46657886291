#include <tollgate/app/ledger_client.hpp>

#include <tollgate/core/limits.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

namespace tollgate::app {

namespace {

std::int64_t patience_us(const pending_op& op) {
    const bool reserve = std::holds_alternative<ledger::reserve_op>(op.what);
    return 1000 * std::int64_t{reserve ? limits::reserve_wait_ms_max : limits::settle_wait_ms_max};
}

error unavailable() {
    return {errc::ledger_unavailable,
            "the ledger did not answer within " + std::to_string(limits::reserve_wait_ms_max) + " ms"};
}

// Neither the store nor the outbox takes what has ended: what began now might end the same way.
error unwritable() { return {errc::ledger_unavailable, "settlements can be written nowhere"}; }

}

ledger_client::ledger_client(executor on, ledger_writer& writer, std::function<std::int64_t()> steady_us)
    : on_(on), writer_(writer), steady_us_(std::move(steady_us)) {}

template <class Op>
pending_ptr ledger_client::enqueue(Op&& what) {
    auto op = std::make_shared<pending_op>(std::move(what));
    op->submitted_us = steady_us_();
    op->from = this;
    if (turn_.empty()) net::post(on_, [this] { hand_over(); });
    turn_.push_back(op);
    return op;
}

void ledger_client::hand_over() {
    if (writer_.submit(turn_)) {
        turn_.clear();
        return;
    }
    // The queue is full: the rest is refused now rather than kept waiting.
    std::vector<pending_ptr> refused = std::move(turn_);
    turn_.clear();
    for (const pending_ptr& op : refused)
        if (op->move_to(pending_op::state::abandoned) && op->resume) op->resume(false);
}

task<bool> ledger_client::wait(pending_ptr op) {
    waits_.push_back(op);
    co_return co_await net::async_initiate<const net::use_awaitable_t<executor>, void(bool)>(
        [](auto handler, pending_op* waiting) { waiting->resume = std::move(handler); }, use_task, op.get());
}

void ledger_client::deliver(std::vector<pending_ptr> done) {
    net::post(on_, [ops = std::move(done)] {
        for (const pending_ptr& op : ops)
            if (op->resume) std::exchange(op->resume, {})(true);
    });
}

void ledger_client::give_up(pending_ptr op) {
    net::post(on_, [op = std::move(op)] {
        if (op->resume) std::exchange(op->resume, {})(false);
    });
}

void ledger_client::on_tick() {
    const std::int64_t now = steady_us_();
    while (!waits_.empty()) {
        const pending_ptr op = waits_.front();
        const bool over = op->now.load() != pending_op::state::waiting;
        if (!over && now - op->submitted_us < patience_us(*op)) return;
        waits_.pop_front();
        if (!over && op->move_to(pending_op::state::abandoned) && op->resume) std::exchange(op->resume, {})(false);
    }
}

task<result<ledger::reserve_outcome>> ledger_client::reserve(ledger::reserve_op&& op) {
    if (writer_.only_in_memory() > 0) co_return std::unexpected(unwritable());
    pending_ptr pending = enqueue(std::move(op));
    const bool done = co_await wait(pending);
    if (!done) co_return std::unexpected(unavailable());
    co_return std::get<ledger::reserve_outcome>(std::move(pending->result));
}

task<ports::ledger_port::settled> ledger_client::end(pending_ptr pending, ledger::end_outcome expected) {
    const bool done = co_await wait(pending);
    settled out;
    if (done) {
        out.outcome = std::get<ledger::end_outcome>(pending->result);
        co_return out;
    }
    out.in_outbox = true;
    out.outcome = expected;
    writer_.keep(pending->what);
    co_return out;
}

task<ports::ledger_port::settled> ledger_client::settle(ledger::settle_op&& op) {
    ledger::end_outcome expected;
    expected.charged = op.actual;
    return end(enqueue(std::move(op)), expected);
}

task<ports::ledger_port::settled> ledger_client::release(ledger::release_op&& op) {
    ledger::end_outcome expected;
    expected.how = ledger::ending::released;
    return end(enqueue(std::move(op)), expected);
}

void ledger_client::note(ledger::note_op op) { enqueue(std::move(op))->from = nullptr; }

task<result<ledger::move_outcome>> ledger_client::move(ledger::move_op op) {
    pending_ptr pending = enqueue(std::move(op));
    const bool done = co_await wait(pending);
    if (!done) co_return std::unexpected(unavailable());
    co_return std::get<ledger::move_outcome>(std::move(pending->result));
}

bool ledger_client::healthy() const {
    return writer_.store_reachable() && writer_.outbox_size() + writer_.only_in_memory() == 0;
}

}
