// A request that holds nothing: its answer and its record.
#include "call.hpp"

namespace tollgate::app {

namespace {

// A caller could put anything into a model's name; headers are no place for it.
void drop_unsafe_model(call& c) {
    for (const char b : c.facts.who.model) {
        if (static_cast<unsigned char>(b) >= 0x20 && static_cast<unsigned char>(b) < 0x7f) continue;
        c.facts.who.model.clear();
        if (c.decided) c.decided->model.clear(); // the record must replay
        c.record_beginning.clear();
        return;
    }
}

}

task<bool> send_error(const call& c, const openai::error_answer& answer) {
    header_block fields;
    fields.add("content-type", "application/json");
    add_decision_fields(c, fields);
    for (const auto& [name, value] : answer.fields) fields.add(name, value);
    const auto views = fields.fields();
    co_return co_await c.x.send(answer.status, views, answer.body);
}

task<> refuse(call& c, const refusal& why) {
    c.code = openai::code_text(why.code);
    if (!c.held.readings.empty() || c.held.prepaid) note_readings(c);
    const openai::error_answer answer = openai::to_answer(why, c.id_text);
    c.status = answer.status;
    c.use.metrics.refusals[static_cast<std::size_t>(why.code)].fetch_add(1, std::memory_order_relaxed);

    note_refused(c, why.code);
    drop_unsafe_model(c);
    // A key that nobody knows has no tenant to record it under.
    if (c.caller) {
        ledger::note_op note{usage_row_of(c)};
        c.use.ledger.note(std::move(note));
    }
    record(c);
    co_await send_error(c, answer);
}

}
