#pragma once

// Usage rows as lines of an export. Pure; the account endpoints and the command line write the same lines.

#include <tollgate/core/price.hpp>
#include <tollgate/core/window.hpp>
#include <tollgate/ledger/types.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tollgate::app {

// A tenant sees what it pays, not what the operator does.
enum class audience : std::uint8_t { tenant, operators };

// RFC 4180 with CRLF: one line a request for customers. A text that a spreadsheet would run as a formula gets an
// apostrophe before it.
std::string_view csv_header();
void append_csv_row(std::string& out, const ledger::usage_row& row);

// The row and its record as one JSON object, without a newline.
void append_json_row(std::string& out, const ledger::usage_row& row, audience whose);
void append_jsonl_row(std::string& out, const ledger::usage_row& row, audience whose); // with it

// FOCUS 1.2 (a cost and usage format of the FinOps Foundation), for operators: one line a kind of token, so that
// quantity and unit price multiply. The costs of a request's lines add up to its charge exactly.
struct focus_context {
    std::string tenant_name; // empty: its id
    std::string operator_name = "tollgate";
    bool prepaid = false;                   // then nothing is billed now: it was with the top-up
    const tollgate::price* price = nullptr; // in force at row.at for row.model_served; null: one line for all tokens
    const time_zone* zone = nullptr;        // of billing periods; null: UTC
};
std::string_view focus_header();
void append_focus_rows(std::string& out, const ledger::usage_row& row, const focus_context& about);

}
