#pragma once

// Statements over keys and the audit that several stores share.

#include "connection.hpp"

#include <tollgate/store/audit.hpp>
#include <tollgate/store/key_rows.hpp>

#include <string>

namespace tollgate::postgres {

inline std::string select_keys(const std::string& rest) {
    return "SELECT " + store::column_names(store::key_columns) + " FROM api_keys " + rest;
}

inline std::string select_published(const std::string& rest) {
    return "SELECT " + store::column_names(store::published_columns) + " FROM published_policies " + rest;
}

inline store::tenant_flag take_flag(reader& in) {
    store::tenant_flag flag;
    flag.tenant = in.text();
    flag.status = in.text();
    flag.revision = in.number();
    return flag;
}

inline constexpr const char* insert_audit = "INSERT INTO audit_log (actor, what, subject, before, after, at) "
                                            "VALUES ($1, $2, $3, $4, $5, clock_timestamp())";

inline scalars audit_values(const store::audit_row& row) {
    scalars values;
    values.text(row.actor).text(row.what).text(row.subject).text(row.before).text(row.after);
    return values;
}

inline void add_audit(connection& db, const store::audit_row& row) {
    scalars values = audit_values(row);
    db.query(insert_audit, values.finish());
}

}
