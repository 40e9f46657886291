// Requests that name themselves (Idempotency-Key): sent again, they are answered again and not run again. The ledger
// decides in the transaction of the hold who runs; this file reads the name, and answers from what is kept.
#include "call.hpp"

#include <tollgate/core/limits.hpp>

#include <algorithm>

namespace tollgate::app {

namespace {

bool printable(char c) { return c >= 0x20 && c < 0x7f; }

refusal bad_key() {
    refusal out;
    out.code = errc::invalid_request;
    out.message = "The header Idempotency-Key must be 1 to " + std::to_string(limits::idempotency_key_bytes_max) +
                  " printable ASCII characters.";
    return out;
}

// As if it had not come: an answer from what is kept, or "still running", feeds no storm.
void forgive(call& c) {
    if (c.retry_hash == 0) return;
    c.use.retries.take_back({c.facts.who.tenant, c.facts.who.key, c.retry_hash, is_automatic_retry(c.x)});
}

task<result<std::optional<ledger::stored_answer>>> read_answer(call& c) {
    auto read = [tenant = c.facts.who.tenant, id = c.original](store::account_store& store) {
        return store.stored_answer(tenant, id);
    };
    co_return co_await c.use.accounts.run(c.use.on, std::move(read));
}

refusal in_progress() {
    refusal out;
    out.code = errc::idempotency_in_progress;
    out.retry_after_ms = 1000;
    return out;
}

}

std::optional<refusal> read_idempotency_key(call& c) {
    const auto sent = find_field(c.x.fields(), "idempotency-key");
    if (!sent) return std::nullopt;
    std::string_view key = *sent;
    // A structured field would quote it; most clients do not.
    if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
    const bool fits = !key.empty() && key.size() <= limits::idempotency_key_bytes_max;
    if (!fits || !std::ranges::all_of(key, printable)) return bad_key();
    // Of its API key alone: what one caller sent is not answered to another.
    c.idempotency_key = c.facts.who.key + ":" + std::string(key);
    return std::nullopt;
}

std::optional<refusal> meet_claim(call& c) {
    const ledger::claimed_by& found = *c.held.claimed;
    if (!found.same_request) {
        refusal out;
        out.code = errc::idempotency_key_reused;
        return out;
    }
    forgive(c);
    if (found.running) return in_progress();
    c.original = found.holder;
    return std::nullopt;
}

void keep_answer(call& c, std::string_view content_type, std::string_view body) {
    if (c.idempotency_key.empty()) return;
    ledger::stored_answer& kept = c.kept.emplace();
    if (body.size() > limits::idempotency_answer_bytes_max) return; // no status: it was answered, and is not kept
    kept.status = c.status;
    kept.content_type = content_type;
    kept.body = body;
}

task<> replay(call& c) {
    auto kept = co_await read_answer(c);
    refusal why;
    if (!kept)
        why.code = kept.error().code;
    else if (!*kept)
        why = in_progress(); // forgotten this very moment: the next one runs
    else if ((*kept)->status == 0)
        why.code = errc::idempotency_answer_not_kept;
    if (!kept || !*kept || (*kept)->status == 0) {
        why.extra.emplace_back("original_request_id", c.original.text());
        c.original = {};
        co_await refuse(c, why);
        co_return;
    }
    const ledger::stored_answer& answer = **kept;
    c.status = answer.status;
    c.offer.estimate = c.offer.input_estimate = usd_nano(); // of this request: it costs nothing
    c.use.ledger.note(ledger::note_op{usage_row_of(c)});
    record(c);
    header_block fields;
    const std::string original = c.original.text();
    fields.add("content-type", answer.content_type);
    add_decision_fields(c, fields);
    fields.add("idempotency-replayed", "true");
    fields.add("x-ai-original-request-id", original);
    const auto views = fields.fields();
    c.client_gone = !co_await c.x.send(answer.status, views, answer.body);
}

}
