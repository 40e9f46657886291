// The life of a request that costs money, top to bottom. Steps 3 and 4 cannot suspend. After step 5 every way out goes
// through settle().
#include "call.hpp"

#include <tollgate/app/complete.hpp>

namespace tollgate::app {

call::call(services& use_, ports::exchange& x_, openai::endpoint where_)
    : use(use_), x(x_), where(where_), config(use_.config.get()) {
    arrived = use.clock.now();
    started_us = x.arrived_us();
    const std::uint64_t random = use.rng.next();
    id = request_id::make(arrived.ms(), static_cast<std::uint16_t>(random >> 48), use.rng.next());
    id_digits = id.digits();
    id_text = {id_digits.data(), id_digits.size()};
}

task<> complete(services& use, ports::exchange& x, openai::endpoint where) {
    call c(use, x, where);
    use.metrics.requests.fetch_add(1, std::memory_order_relaxed);

    auto objection = read_credential(c); // 1 who
    if (!objection && !recall_caller(c)) objection = co_await find_caller(c);
    if (!objection) objection = meet_caller(c);
    if (!objection) objection = read_idempotency_key(c);
    if (!objection) objection = expect_body(c); // 2 what
    if (!objection && !take_body(c)) objection = co_await await_body(c);
    if (!objection) objection = read_request(c);
    if (!objection) {
        watch_retries(c);
        estimate(c);          // 3 how much
        objection = judge(c); // 4 may they
    }
    if (!objection) objection = co_await hold(c); // 5 hold: durable before the provider sees a byte
    if (objection) {
        co_await refuse(c, *objection);
        co_return;
    }
    if (!c.original.empty()) co_return co_await replay(c); // it ran before: nothing is held, nothing is sent
    co_await forward(c);                                   // 6 forward, 7 relay, 8 settle on every way out
    record(c);                                             // 9 record
}

task<> chat_completions(services& use, ports::exchange& x) {
    return complete(use, x, openai::endpoint::chat_completions);
}
task<> completions(services& use, ports::exchange& x) { return complete(use, x, openai::endpoint::completions); }
task<> embeddings(services& use, ports::exchange& x) { return complete(use, x, openai::endpoint::embeddings); }
task<> responses(services& use, ports::exchange& x) { return complete(use, x, openai::endpoint::responses); }

}
