#include <tollgate/app/ledger_writer.hpp>

#include <tollgate/app/ledger_client.hpp>
#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/ledger/codec.hpp>
#include <tollgate/runtime/thread_name.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tollgate::app {

namespace {

constexpr std::uint32_t retry_ms = 50; // after the store could not be reached
constexpr std::size_t replay_batch = 64;

bool is_ending(const ledger::op& what) {
    return std::holds_alternative<ledger::settle_op>(what) || std::holds_alternative<ledger::release_op>(what) ||
           std::holds_alternative<ledger::expire_op>(what);
}

// An expiry that may have been posted gets another name: money that has come free since then is a new posting, and two
// postings of one name would be refused for ever.
void rename_expiries(const std::vector<pending_ptr>& batch) {
    for (const pending_ptr& op : batch)
        if (auto* expiry = std::get_if<ledger::expire_grants_op>(&op->what))
            expiry->transaction =
                request_id(expiry->transaction.high(), expiry->transaction.low() - (std::uint64_t{1} << 32));
}

bool may_be_refused(const pending_op& op) {
    return std::holds_alternative<ledger::reserve_op>(op.what) || std::holds_alternative<ledger::note_op>(op.what);
}

}

ledger_writer::ledger_writer(store::ledger_store& store, ports::journal& outbox) : store_(store), outbox_(outbox) {}

ledger_writer::~ledger_writer() { TG_ASSERT(!thread_.joinable()); }

bool ledger_writer::submit(std::vector<pending_ptr>& ops) {
    bool all = true, notify = false;
    {
        const std::lock_guard lock(mutex_);
        const bool full = waiting_.size() >= limits::writer_queue_max;
        for (pending_ptr& op : ops) {
            if (full && may_be_refused(*op))
                all = false;
            else
                waiting_.push_back(std::move(op));
        }
        notify = sleeping_;
        sleeping_ = false;
    }
    std::erase(ops, nullptr); // what is left was refused
    if (notify) wake_.notify_one();
    return all;
}

bool ledger_writer::to_outbox(const ledger::op& ending) {
    std::string record;
    if (const auto* settle = std::get_if<ledger::settle_op>(&ending))
        record = ledger::encode(*settle);
    else if (const auto* release = std::get_if<ledger::release_op>(&ending))
        record = ledger::encode(*release);
    else
        return true; // an expiry is found again
    if (!outbox_.append(record)) {
        seen_.outbox_failures += 1;
        return false;
    }
    seen_.outbox_records += 1;
    const std::lock_guard lock(mutex_);
    wake_.notify_one();
    return true;
}

void ledger_writer::keep(const ledger::op& ending) {
    if (to_outbox(ending)) return;
    auto op = std::make_shared<pending_op>(ending);
    op->kept = true;
    only_in_memory_ += 1;
    {
        const std::lock_guard lock(mutex_);
        kept_.push_back(op);
        waiting_.push_back(std::move(op));
        sleeping_ = false;
    }
    wake_.notify_one();
}

void ledger_writer::no_longer_kept(pending_op& op) {
    if (!std::exchange(op.kept, false)) return;
    only_in_memory_ -= 1;
    const std::lock_guard lock(mutex_);
    std::erase_if(kept_, [&](const pending_ptr& each) { return each.get() == &op; });
}

// The store is still away: the disk may have room again.
void ledger_writer::keep_safe() {
    for (;;) {
        pending_ptr op;
        {
            const std::lock_guard lock(mutex_);
            if (kept_.empty()) return;
            op = kept_.front();
        }
        if (!to_outbox(op->what)) return;
        op->move_to(pending_op::state::abandoned); // whoever has it drops it
        no_longer_kept(*op);
    }
}

void ledger_writer::take_waiting() {
    std::vector<pending_ptr> fresh;
    {
        const std::lock_guard lock(mutex_);
        fresh.swap(waiting_);
    }
    const std::size_t most = one_by_one_ > 0 ? 1 : limits::batch_ops_max;
    if (backlog_.empty() && batch_.empty() && fresh.size() <= most) {
        batch_ = std::move(fresh);
        return;
    }
    for (pending_ptr& op : fresh) backlog_.push_back(std::move(op));
    while (!backlog_.empty() && batch_.size() < most) {
        batch_.push_back(std::move(backlog_.front()));
        backlog_.pop_front();
    }
}

// A caller that stopped waiting must not get its operation done behind its back.
void ledger_writer::drop_abandoned() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        if (batch_[i]->now.load() == pending_op::state::abandoned) {
            if (i < last_.size()) undo_if_held(*batch_[i], last_[i]);
            continue;
        }
        if (i != kept) {
            batch_[kept] = std::move(batch_[i]);
            if (i < last_.size()) last_[kept] = std::move(last_[i]);
        }
        ++kept;
    }
    batch_.resize(kept);
    last_.resize(std::min(last_.size(), kept));
}

std::optional<std::uint32_t> ledger_writer::run_once() {
    if (batch_.empty()) replay_outbox();
    if (replaying_ == 0) {
        drop_abandoned();
        take_waiting();
        drop_abandoned();
    }
    if (batch_.empty()) return std::nullopt;
    if (attempt()) return 0;
    keep_safe();
    return retry_ms;
}

// True: the batch is done, or may be tried again at once.
bool ledger_writer::attempt() {
    ops_.clear();
    for (const pending_ptr& op : batch_) ops_.push_back(&op->what);

    const auto failed = [this](const store_error& why) {
        seen_.retries += 1;
        if (why.fault == store_fault::corrupt) return isolate();
        const bool conflict = why.fault == store_fault::conflict;
        if (!conflict) reachable_ = false;
        return conflict;
    };
    bool assumed = !tried_ && replaying_ == 0 && one_by_one_ == 0 && store_.takes_assumptions();
    tried_ = true;
    auto found = store_.begin([&](instant now) {
        if (assumed)
            if (auto rows = ledger::rows_assumed(ops_, now)) return std::move(*rows);
        assumed = false;
        return ledger::rows_of(ops_, now);
    });
    if (!found) return failed(found.error());
    ledger::applied done = ledger::apply(ops_, *found);
    prefer_first_outcomes(done.outcomes);
    if (done.write.empty() && !assumed) {
        store_.rollback();
    } else if (auto committed = store_.commit(done.write); !committed) {
        // The acknowledgement may be lost and the work done: the outcomes tell what to undo should a caller give up.
        if (committed.error().fault == store_fault::unavailable) {
            last_ = std::move(done.outcomes);
            rename_expiries(batch_);
        }
        return failed(committed.error());
    }
    reachable_ = true;
    deliver(std::move(done));
    return true;
}

// An attempt may have been committed without our knowing. What it admitted is told with what it read then: the callers
// act on the limits as they were judged.
void ledger_writer::prefer_first_outcomes(std::vector<ledger::outcome>& outcomes) {
    for (std::size_t i = 0; i < last_.size() && i < outcomes.size(); ++i) {
        const auto* now = std::get_if<ledger::reserve_outcome>(&outcomes[i]);
        const auto* first = std::get_if<ledger::reserve_outcome>(&last_[i]);
        if (now && first && now->repeated && first->admitted && now->hold.attempt == first->hold.attempt)
            outcomes[i] = last_[i];
    }
}

// The store refuses the batch for what is in it. Its operations are tried one by one, and the one that cannot be
// written is given up, so that it does not hold up all others for ever. Its reservation expires on its own.
bool ledger_writer::isolate() {
    last_.clear();
    if (batch_.size() > 1 && replaying_ == 0) {
        one_by_one_ = batch_.size();
        for (auto op = batch_.rbegin(); op != batch_.rend(); ++op) backlog_.push_front(std::move(*op));
        batch_.clear();
        return true;
    }
    if (batch_.size() > 1) {
        one_by_one_ = batch_.size();
        batch_.clear();
        replaying_ = 0;
        return true;
    }
    seen_.given_up += 1;
    const pending_ptr op = std::move(batch_.front());
    batch_.clear();
    if (replaying_ > 0) outbox_.drop(std::exchange(replaying_, 0));
    if (one_by_one_ > 0) one_by_one_ -= 1;
    no_longer_kept(*op);
    if (op->from && op->move_to(pending_op::state::abandoned)) op->from->give_up(op);
    return true;
}

void ledger_writer::deliver(ledger::applied done) {
    TG_ASSERT(done.outcomes.size() == batch_.size());
    if (one_by_one_ > 0) one_by_one_ -= std::min(one_by_one_, batch_.size());
    seen_.batches += 1;
    seen_.ops += batch_.size();
    tried_ = false;
    std::vector<pending_ptr> finished = std::exchange(batch_, {});
    last_.clear();
    if (replaying_ > 0) {
        outbox_.drop(replaying_);
        seen_.replayed += replaying_;
        replaying_ = 0;
    }
    finish(std::move(finished), done.outcomes);
}

// Each client is woken once, with all that is done for it.
void ledger_writer::finish(std::vector<pending_ptr> ops, std::vector<ledger::outcome>& outcomes) {
    std::vector<pending_ptr> again;
    std::vector<std::pair<ledger_client*, std::vector<pending_ptr>>> by_client; // as few as there are I/O threads
    for (std::size_t i = 0; i < ops.size(); ++i) {
        if (!settle_one(ops[i], outcomes[i], again) || !ops[i]->from) continue;
        auto of = std::ranges::find(by_client, ops[i]->from, [](const auto& each) { return each.first; });
        if (of == by_client.end()) {
            of = by_client.insert(of, {ops[i]->from, {}});
            of->second.reserve(ops.size() - i);
        }
        of->second.push_back(std::move(ops[i]));
    }
    for (auto& [client, done] : by_client) client->deliver(std::move(done));
    for (auto op = again.rbegin(); op != again.rend(); ++op) backlog_.push_front(std::move(*op));
}

bool ledger_writer::settle_one(const pending_ptr& op, ledger::outcome& result, std::vector<pending_ptr>& again) {
    const auto* reserved = std::get_if<ledger::reserve_outcome>(&result);
    if (reserved && !reserved->admitted && reserved->why == ledger::refused_by::expired_grants) {
        const auto& wanted = std::get<ledger::reserve_op>(op->what);
        // Unique as its request is, and as this batch is: a request may meet expired grants more than once.
        const request_id transaction(wanted.hold.id.high(), ~wanted.hold.id.low() - seen_.batches.load());
        again.push_back(std::make_shared<pending_op>(ledger::expire_grants_op{wanted.hold.tenant, transaction}));
        again.push_back(op);
        return false;
    }
    op->result = std::move(result);
    no_longer_kept(*op);
    if (op->move_to(pending_op::state::done)) return true;
    undo_if_held(*op, op->result);
    return false;
}

void ledger_writer::undo_if_held(const pending_op& op, const ledger::outcome& result) {
    const auto* reserved = std::get_if<ledger::reserve_outcome>(&result);
    if (!reserved || !reserved->admitted || !std::holds_alternative<ledger::reserve_op>(op.what)) return;
    // A later attempt stands in the place of a hold that its caller still ends, and may owe money for.
    if (reserved->hold.attempt > 0) return;
    ledger::release_op undo;
    undo.hold = reserved->hold;
    undo.row.id = reserved->hold.id;
    undo.row.tenant = reserved->hold.tenant;
    undo.row.decision = "refuse";
    undo.row.code = "ledger_unavailable";
    undo.row.settlement_status = "voided";
    undo.row.status = 503;
    undo.row.at = reserved->hold.created;
    undo.row.record = std::get<ledger::reserve_op>(op.what).hold.record;
    add_internal(std::move(undo));
}

void ledger_writer::add_internal(ledger::op what) { backlog_.push_back(std::make_shared<pending_op>(std::move(what))); }

// The outbox goes first and alone, in order: what it holds is older than anything that waits.
void ledger_writer::replay_outbox() {
    if (outbox_.size() == 0) return;
    std::size_t unreadable = 0;
    outbox_.read([&](std::string_view record) {
        auto op = ledger::decode(record);
        if (!op) {
            unreadable += 1;
            return batch_.empty(); // dropped below, when nothing readable precedes it
        }
        std::visit([&](auto& each) { batch_.push_back(std::make_shared<pending_op>(std::move(each))); }, *op);
        return batch_.size() < (one_by_one_ > 0 ? 1 : replay_batch);
    });
    if (batch_.empty())
        outbox_.drop(unreadable);
    else
        replaying_ = batch_.size() + unreadable;
}

void ledger_writer::start() {
    TG_ASSERT(!thread_.joinable());
    thread_ = std::thread([this] {
        name_this_thread("ledger");
        loop();
    });
}

void ledger_writer::loop() {
    for (;;) {
        const auto wait = run_once();
        std::unique_lock lock(mutex_);
        if (wait && *wait == 0) continue;
        if (stopping_ && !wait && waiting_.empty()) return;
        if (wait) {
            // The store is away: nothing new can be done before the next attempt. Stopping does not wait for it.
            if (stopping_) return;
            wake_.wait_for(lock, std::chrono::milliseconds(*wait), [this] { return stopping_; });
            continue;
        }
        if (!waiting_.empty() || outbox_.size() > 0) continue;
        sleeping_ = true;
        wake_.wait(lock, [this] { return !sleeping_ || stopping_ || outbox_.size() > 0; });
        sleeping_ = false;
    }
}

bool ledger_writer::is_unwritten(const pending_op& op) const {
    return is_ending(op.what) && op.now.load() != pending_op::state::abandoned;
}

std::size_t ledger_writer::drain_and_stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        sleeping_ = false;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    // What could not be written for want of a store survives in the outbox; reservations expire on their own.
    take_waiting();
    std::size_t lost = 0;
    for (const auto& op : batch_)
        if (replaying_ == 0 && is_unwritten(*op)) lost += !to_outbox(op->what);
    for (const auto& op : backlog_)
        if (is_unwritten(*op)) lost += !to_outbox(op->what);
    return lost;
}

}
