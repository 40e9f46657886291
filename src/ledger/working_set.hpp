#pragma once

// The rows of a batch while it is applied: changed in place, and remembered as changed.

#include "calendar.hpp"

#include <tollgate/ledger/apply.hpp>

#include <span>

namespace tollgate::ledger {

class working_set {
public:
    // Both must outlive what is taken.
    working_set(op_list ops, snapshot& found);
    void begin(const op& next); // in the order of `ops`

    instant now() const { return found_.now; }
    calendar& windows() { return windows_; }

    // Of the operation that was begun: its counters in the order it names them (see names_in).
    std::span<const slot> named() const { return named_; }
    // Those of `hold`. Valid until the next call, as scratch is.
    std::span<const slot> counters_of(const reservation& hold);
    // The same where the operation that was begun ends `hold`, and names its counters as its caller knows them.
    std::span<const slot> counters_of(const reservation& hold, const reservation& as_named) {
        return &hold == &as_named || hold.counters == as_named.counters ? named() : counters_of(hold);
    }
    std::vector<slot>& scratch() { return scratch_; }
    const counter_key& key(slot at) const { return write_.counters.key(at); }
    // The counter as earlier operations of this batch left it.
    const counter& look(slot at) const { return write_.counters.row(at); }
    counter& change(slot at) { return write_.counters.change(at); }

    const balance_row* find_balance(const tenant_id& tenant) const { return write_.balances.find_row(tenant); }
    balance_row& change_balance(const tenant_id& tenant) { return write_.balances.change(write_.balances.add(tenant)); }

    const reservation* find_open(request_id id) const;
    const ended_row* find_ended(request_id id) const;
    // `hold` and `record` must outlive what is taken.
    void open(const reservation& hold, const std::string& record);
    void replace(const reservation& hold, const std::string& record); // the open one of the same id
    void end(const reservation& hold, const ended_row& how);
    void correct_ending(request_id id, const ended_row& how) { request(id).ended = how; }

    const posted_movement* find_movement(const tenant_id& tenant, const std::string& key) const;
    void post_movement(const tenant_id& tenant, const std::string& key, request_id transaction);
    const charged_row* find_charge(const tenant_id& tenant, request_id id) const;
    void refund_charge(const tenant_id& tenant, request_id id, usd_nano amount);

    const claim_row* find_claim(const tenant_id& tenant, const std::string& key) const;
    claimed_by state_of(const claim_row& row, const std::string& hash) const;
    void take_claim(const tenant_id& tenant, const claim& what, request_id holder);
    void add_answer(const tenant_id& tenant, request_id id, const stored_answer& what);
    std::optional<request_id> spender_of(const tenant_id& tenant, const std::string& token) const;
    void spend_token(const tenant_id& tenant, const std::string& token, request_id by);

    void add_usage(const usage_write& row) { write_.usage.push_back(row); }
    void correct_usage(const usage_write& row) { write_.usage_corrected.push_back(row); }
    void add_entry(entry leg) {
        if (leg.amount != usd_nano()) write_.entries.push_back(std::move(leg));
    }

    changes take() { return std::move(write_); }

private:
    // A request as earlier operations of this batch left it.
    struct request_state {
        const reservation* open = nullptr;
        std::optional<ended_row> ended;
        std::optional<std::size_t> opened, replaced; // here: index into write_.reservations_opened, _replaced
    };
    using request_rows = row_table<request_id, request_state>;

    request_state& request(request_id id);

    const snapshot& found_;
    calendar windows_;
    changes write_;
    std::vector<slot> all_named_;
    std::span<const slot> named_;
    std::size_t next_named_ = 0;
    std::vector<slot> scratch_;
    request_rows requests_;
    std::map<std::pair<tenant_id, std::string>, request_id> spent_;
    std::map<std::pair<tenant_id, std::string>, posted_movement> posted_;
    std::map<std::pair<tenant_id, request_id>, charged_row> refunded_;
};

}
