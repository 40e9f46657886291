#include "desk.hpp"

namespace tollgate::admin {

namespace {

// The same in every process and for ever: it only tells one request from another.
constexpr std::string_view fingerprint_key = "admin request";

std::string hex(const store::key_hash& hash) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t byte : hash) out.append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    return out;
}

// A body that means the same is the same: members in another order, other blanks.
std::string canonical(const std::string& body) {
    const nlohmann::json read = nlohmann::json::parse(body, nullptr, false);
    return read.is_discarded() ? body : read.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string fingerprint_of(const call& about) {
    keys::key_hasher hash(fingerprint_key);
    return hex(hash(about.method + "\n" + about.path + "\n" + about.query + "\n" + canonical(about.body)));
}

problem refused_claim(store::claim_state state) {
    if (state == store::claim_state::running)
        return conflict("idempotency_in_progress", "A request with this Idempotency-Key is running",
                        "Its answer is not known yet. Ask again in a moment.");
    problem out = conflict("idempotency_key_reused", "This Idempotency-Key was used for another request",
                           "Nothing was changed. Every change needs an Idempotency-Key of its own; a repetition must "
                           "have the same method, path and body.");
    out.status = 422;
    return out;
}

problem taken_over() {
    return conflict("idempotency_in_progress", "A request with this Idempotency-Key is running",
                    "This one took so long that a repetition took its place. Ask again in a moment.");
}

const std::string& kept(const answer& from) { return from.kept ? *from.kept : from.body; }

std::optional<problem> finish(store::admin_store& store, const store::request_claim& claim, const answer& with) {
    const auto mine = store.finish(claim, with.status, kept(with));
    if (!mine) return store_problem(mine.error());
    if (!*mine) return taken_over();
    return std::nullopt;
}

// The change, its audit row and its answer are one transaction.
answered together(const route& asked, const call& about, hands& with, const store::request_claim& claim,
                  store::admin_store& store) {
    store::admin_transaction one(store);
    if (!one.begun()) return std::unexpected(store_problem(one.begun().error()));
    auto done = asked.handle(about, with);
    if (!done) return done;
    if (auto wrong = finish(store, claim, *done)) return std::unexpected(*wrong);
    if (auto committed = one.commit(); !committed) return std::unexpected(store_problem(committed.error()));
    return done;
}

}

answered desk::change_claimed(const route& asked, const call& about, hands& with, const store::request_claim& claim) {
    auto store = with.admin();
    if (!store) return std::unexpected(store.error());
    if (asked.does == effect::changes) return together(asked, about, with, claim, **store);
    // The ledger posts a movement once by its key: a repetition after a crash in between finds it posted.
    auto done = asked.handle(about, with);
    if (!done) return done;
    store::admin_transaction one(**store);
    if (!one.begun()) return std::unexpected(store_problem(one.begun().error()));
    if (auto wrong = finish(**store, claim, *done)) return std::unexpected(*wrong);
    if (auto committed = one.commit(); !committed) return std::unexpected(store_problem(committed.error()));
    return done;
}

desk::outcome desk::change(const route& asked, const call& about, hands& with) {
    auto store = with.admin();
    if (!store) return {std::unexpected(store.error())};
    store::request_claim claim{about.actor, about.idempotency_key, fingerprint_of(about), {}};
    claim.claim = std::to_string(use_.random()) + "." + std::to_string(use_.random());
    const auto got = (*store)->claim(claim);
    if (!got) return {std::unexpected(store_problem(got.error()))};
    if (got->state == store::claim_state::done) return {answer{got->status, got->answer}, true};
    if (got->state != store::claim_state::mine) return {std::unexpected(refused_claim(got->state))};
    auto done = change_claimed(asked, about, with, claim);
    // Nothing was changed, so the key is free for a better try. What was finished all the same stays finished.
    if (!done) (void)(*store)->unclaim(claim);
    if (done && use_.changed) use_.changed();
    return {std::move(done)};
}

desk::outcome desk::run(const route& asked, const call& about) {
    auto with = take();
    outcome done = asked.does == effect::looks ? outcome{asked.handle(about, *with)} : change(asked, about, *with);
    give(std::move(with));
    return done;
}

std::unique_ptr<hands> desk::take() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return std::make_unique<hands>(work_.database, work_);
    auto one = std::move(spare_.back());
    spare_.pop_back();
    return one;
}

void desk::give(std::unique_ptr<hands> back) {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(back));
}

}
