#pragma once

// Statements over keys that two stores share. Inside a transaction of the caller's.

#include "session.hpp"
#include "statements.hpp"

#include <tollgate/store/key_rows.hpp>

namespace tollgate::sqlite {

inline std::int64_t next_revision(session& db) {
    std::int64_t next = 0;
    db.prepare("UPDATE key_revision SET revision = revision + 1 WHERE one = 1 RETURNING revision");
    db.each([&](reader& in) { next = in.number(); });
    return next;
}

inline std::optional<store::key_row> key_by_id(session& db, const key_id& id) {
    static const std::string sql = select_from("api_keys", store::key_columns, "WHERE id = ?");
    std::optional<store::key_row> found;
    db.prepare(sql).text(id);
    db.each([&](reader& in) { found = store::take_key(in); });
    return found;
}

}
