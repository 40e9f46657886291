#pragma once

// Key administration over an opened store, and its errors as a command's.

#include "open.hpp"

#include <tollgate/keys/key_admin.hpp>

#include <memory>

namespace tollgate::cli {

class key_desk {
public:
    key_desk(database_ptr database, std::unique_ptr<store::admin_store> store, keys::key_admin admin)
        : database_(std::move(database)), store_(std::move(store)), admin_(std::move(admin)) {}
    keys::key_admin& admin() { return admin_; }
    store::database& database() { return *database_; }

    // Runs `work(admin)` as one transaction.
    template <class Work>
    auto change(Work work) -> std::invoke_result_t<Work, keys::key_admin&> {
        store::admin_transaction together(*store_);
        if (!together.begun()) return fail(errc::ledger_unavailable, together.begun().error().detail);
        auto done = work(admin_);
        if (!done) return done;
        if (auto kept = together.commit(); !kept) return fail(errc::ledger_unavailable, kept.error().detail);
        return done;
    }

private:
    database_ptr database_;
    std::unique_ptr<store::admin_store> store_; // used by admin_
    keys::key_admin admin_;
};

outcome_of<key_desk> open_key_desk(const config::settings& settings, const context& at);
outcome_of<key_desk> open_key_desk(const context& at);

std::unexpected<failure> key_failed(const error& why);

}
