#pragma once

// Policies as commands need them: from a file as the gateway would read it, and as the store remembers them.

#include "open.hpp"

#include <tollgate/app/decision_record.hpp>
#include <tollgate/config/policy_file.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace tollgate::cli {

using policy_ptr = std::shared_ptr<const policy::tenant_policy>;

// A file with its template from the configured folder, checked against the configured catalogue. Problems are told as
// `tollgate check` tells them.
outcome_of<config::read_policy_result> read_policy_file(const std::string& path, const config::loaded& all,
                                                        const context& at);

// Whether a file or a published policy is the tenant's.
outcome_of<bool> has_policy(const tenant_id& tenant, const config::loaded& all, store::database& database);

// The versions that the store remembers, each read and parsed once.
class policy_shelf {
public:
    struct entry {
        policy_ptr policy;   // null: see `why`
        std::string content; // canonical
        std::string why;     // it cannot be had
    };

    explicit policy_shelf(store::key_store& from) : from_(from) {}
    outcome_of<const entry*> find(const tenant_id& tenant, const std::string& version);

    // The policy that a decision was made under: an entry without policy and without `why` when the tenant had none.
    // What has another hash than the record is not that policy.
    outcome_of<entry> of(const app::decision_record& record);

private:
    store::key_store& from_;
    config::zone_files zones_;
    std::map<std::pair<tenant_id, std::string>, entry> known_;
};

// Where decisions are read from: both connections, opened together.
struct archive {
    database_ptr database;
    std::unique_ptr<store::account_store> accounts;
    std::unique_ptr<store::key_store> keys;
};
outcome_of<archive> open_archive(const config::settings& settings);
outcome_of<archive> open_archive(const context& at);

}
