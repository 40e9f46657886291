#pragma once

// What people change at run time: keys, tenants' status, published policies. One thread.
//
// Changes stand in a transaction, which no other process's may overlap: whoever holds it has read the last word. The
// first failure in it sticks, and `commit` reports it. Everything else is a short transaction of its own.

#include <tollgate/store/audit.hpp>
#include <tollgate/store/key_store.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tollgate::store {

// A mutation by its Idempotency-Key, and who runs it.
struct request_claim {
    std::string actor, key, fingerprint; // the fingerprint: of method, path and body
    std::string claim;                   // names this attempt; random
};

enum class claim_state : std::uint8_t { mine, running, other_body, done };

struct claim_answer {
    claim_state state = claim_state::mine;
    int status = 0; // of `done`
    std::string answer;
};

struct audit_query {
    std::optional<instant> from, to; // [from, to)
    std::string subject;             // empty: any
    std::string after;               // the `place` of the last row of the page before
    std::size_t count = 0;
};

struct audit_entry {
    std::string place; // in the order of the list; opaque
    instant at;
    audit_row row;
};

class admin_store {
public:
    virtual ~admin_store() = default;

    // ---- idempotency ----
    // Claims the key. One that nobody finished within limits::admin_claim_ms is taken over: its process has gone, and
    // an unfinished claim has changed nothing. Finished ones are forgotten after limits::admin_answer_kept_s.
    virtual store_result<claim_answer> claim(const request_claim& asked) = 0;
    virtual store_result<void> unclaim(const request_claim& asked) = 0; // nothing was changed; not once it is finished

    // ---- changes, between begin and commit ----
    virtual store_result<void> begin() = 0;
    virtual store_result<void> commit() = 0;
    virtual void rollback() = 0;
    virtual store_result<std::optional<key_row>> key(const key_id& id) = 0; // also outside a transaction
    virtual store_result<void> create_key(const key_row& row) = 0;
    virtual store_result<void> update_key(const key_row& row) = 0; // which `key` has found in this transaction
    virtual store_result<std::string> tenant_status(const tenant_id& tenant) = 0; // also outside; empty: the policy's
    virtual store_result<void> set_tenant_status(const tenant_id& tenant, const std::string& status) = 0;
    virtual store_result<std::optional<policy_version>> version_of(const tenant_id& tenant,
                                                                   const std::string& version) = 0; // also outside
    virtual store_result<void> add_version(const policy_version& row) = 0;                          // kept when known
    virtual store_result<std::optional<published_policy>> published(const tenant_id& tenant) = 0;   // also outside
    virtual store_result<void> publish(const published_policy& row) = 0;
    virtual store_result<void> audit(const audit_row& row) = 0;
    // The answer to a claim. False: somebody took it over; roll back.
    virtual store_result<bool> finish(const request_claim& claimed, int status, const std::string& answer) = 0;

    // ---- reads ----
    virtual store_result<std::vector<key_row>> keys(const tenant_id& tenant, const key_id& after,
                                                    std::size_t count) = 0;      // ascending ids; empty tenant: all
    virtual store_result<std::vector<tenant_flag>> flags(std::size_t count) = 0; // those that are set
    virtual store_result<std::vector<policy_version>> versions(const tenant_id& tenant,
                                                               std::size_t count) = 0; // newest first, without content
    virtual store_result<std::vector<audit_entry>> audits(const audit_query& asked) = 0; // newest first
};

// Rolled back unless it was committed.
class admin_transaction {
public:
    explicit admin_transaction(admin_store& store) : store_(store), begun_(store.begin()), open_(begun_.has_value()) {}
    ~admin_transaction() {
        if (open_) store_.rollback();
    }
    admin_transaction(const admin_transaction&) = delete;
    admin_transaction& operator=(const admin_transaction&) = delete;

    const store_result<void>& begun() const { return begun_; }
    store_result<void> commit() {
        open_ = false;
        return store_.commit();
    }

private:
    admin_store& store_;
    store_result<void> begun_;
    bool open_;
};

}
