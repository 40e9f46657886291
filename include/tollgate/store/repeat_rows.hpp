#pragma once

// The rows of requests that are sent again, as rows.hpp does it: claims and stored answers.

#include <tollgate/store/rows.hpp>

namespace tollgate::store {

inline constexpr std::array claim_columns{
    column{"holder", column_type::id},
    column{"hash", column_type::text},
    column{"created", column_type::time},
};

inline constexpr std::array answer_columns{
    column{"status", column_type::number},
    column{"content_type", column_type::text},
    column{"body", column_type::bytes},
    column{"created", column_type::time},
};

template <class Out>
void put(Out& out, const ledger::claim_row& row) {
    out.id(row.holder);
    out.text(row.hash);
    out.time(row.created);
}

// Reads the columns of claim_columns, and then whether the holder is running and whether it has been answered.
template <class In>
ledger::claim_row take_claim(In& in) {
    ledger::claim_row row;
    row.holder = in.id();
    row.hash = in.text();
    row.created = in.time();
    row.running = in.flag();
    row.answered = in.flag();
    return row;
}

template <class Out>
void put(Out& out, const ledger::changes::answer& row) {
    out.number(row.what.status);
    out.text(row.what.content_type);
    out.bytes(std::span(reinterpret_cast<const std::uint8_t*>(row.what.body.data()), row.what.body.size()));
    out.time(row.created);
}

template <class In>
ledger::stored_answer take_answer(In& in) {
    ledger::stored_answer row;
    row.status = static_cast<int>(in.number());
    row.content_type = in.text();
    row.body = in.bytes();
    return row;
}

}
