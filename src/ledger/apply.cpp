#include <tollgate/ledger/apply.hpp>

#include "admission.hpp"
#include "movements.hpp"
#include "settlement.hpp"
#include "working_set.hpp"

namespace tollgate::ledger {

namespace {

// Outcomes stay where they are made: what is to be written may refer to them.
void run(const reserve_op& op, working_set& rows, outcome& out) { admit(op, rows, out.emplace<reserve_outcome>()); }
void run(const settle_op& op, working_set& rows, outcome& out) { out = settle(op, rows); }
void run(const release_op& op, working_set& rows, outcome& out) { out = release(op, rows); }
void run(const expire_op& op, working_set& rows, outcome& out) { out = expire(op, rows); }
void run(const note_op& op, working_set& rows, outcome& out) {
    rows.add_usage(op.row);
    out = noted{};
}
void run(const move_op& op, working_set& rows, outcome& out) { out = move(op, rows); }
void run(const expire_grants_op& op, working_set& rows, outcome& out) {
    expire_grants(op, rows);
    out = noted{};
}

std::vector<const op*> pointers_to(std::span<const op> ops) {
    std::vector<const op*> out;
    out.reserve(ops.size());
    for (const op& each : ops) out.push_back(&each);
    return out;
}

}

wanted rows_of(std::span<const op> ops, instant now) {
    const auto pointers = pointers_to(ops);
    return rows_of(op_list(pointers), now);
}

applied apply(op_list ops, snapshot& found) {
    working_set rows(ops, found);
    applied done;
    done.outcomes.resize(ops.size());
    for (std::size_t i = 0; i < ops.size(); ++i) {
        rows.begin(*ops[i]);
        std::visit([&](const auto& o) { run(o, rows, done.outcomes[i]); }, *ops[i]);
    }
    done.write = rows.take();
    return done;
}

applied apply(std::span<const op> ops, snapshot& found) {
    const auto pointers = pointers_to(ops);
    return ledger::apply(op_list(pointers), found);
}

reservation opening::whole() const {
    reservation out = *hold;
    out.record = *record;
    return out;
}

usage_write::usage_write(const usage_row& as_it_is)
    : row(&as_it_is), counters(&as_it_is.counters), estimated(as_it_is.estimated), charged(as_it_is.charged),
      overage(as_it_is.overage), late(as_it_is.late), counted(as_it_is.counted), provisional(as_it_is.provisional),
      tokens(as_it_is.tokens), ended(as_it_is.ended) {}

usage_row usage_write::whole() const {
    usage_row out = *row;
    out.counters = *counters;
    out.estimated = estimated;
    out.charged = charged;
    out.overage = overage;
    out.late = late;
    out.counted = counted;
    out.provisional = provisional;
    out.tokens = tokens;
    out.ended = ended;
    return out;
}

}
