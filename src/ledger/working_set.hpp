#pragma once

// The rows of a batch while it is applied: read from the snapshot, changed in place, remembered as dirty.

#include <tollgate/ledger/apply.hpp>

namespace tollgate::ledger {

class working_set {
public:
    explicit working_set(const snapshot& found) : found_(found) {}

    instant now() const { return found_.now; }

    // The counter as earlier operations of this batch left it.
    counter look(const counter_key& key) const;
    counter& change(const counter_key& key);

    const balance_row* find_balance(const tenant_id& tenant) const;
    balance_row& change_balance(const tenant_id& tenant);

    const reservation* find_open(request_id id) const;
    const ended_row* find_ended(request_id id) const;
    void open(reservation hold);
    void replace(reservation hold); // the open one of the same id
    void end(const reservation& hold, const ended_row& how);
    void correct_ending(request_id id, const ended_row& how) { ended_[id] = how; }

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

    void add_usage(usage_row row) { write_.usage.push_back(std::move(row)); }
    void correct_usage(usage_row row) { write_.usage_corrected.push_back(std::move(row)); }
    void add_entry(entry leg) {
        if (leg.amount != usd_nano()) write_.entries.push_back(std::move(leg));
    }

    changes take() { return std::move(write_); }

private:
    const snapshot& found_;
    changes write_;                                        // counters and balances double as the overlay
    std::unordered_map<request_id, std::size_t> opened_;   // index into write_.reservations_opened
    std::unordered_map<request_id, std::size_t> replaced_; // index into write_.reservations_replaced
    std::map<std::pair<tenant_id, std::string>, request_id> spent_;
    std::unordered_map<request_id, ended_row> ended_;
    std::map<std::pair<tenant_id, std::string>, posted_movement> posted_;
    std::map<std::pair<tenant_id, request_id>, charged_row> refunded_;
};

}
