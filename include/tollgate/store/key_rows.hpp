#pragma once

// The columns of a key, as rows.hpp has them for the ledger's rows.

#include <tollgate/store/key_store.hpp>
#include <tollgate/store/rows.hpp>

#include <algorithm>

namespace tollgate::store {

inline constexpr std::array key_columns{
    column{"id", column_type::text},          column{"hash", column_type::bytes},
    column{"tenant", column_type::text},      column{"label", column_type::text},
    column{"workspace", column_type::text},   column{"feature", column_type::text},
    column{"agent", column_type::text},       column{"environment", column_type::text},
    column{"models", column_type::text},      column{"expires", column_type::time},
    column{"revoked", column_type::time},     column{"created", column_type::time},
    column{"replaced_by", column_type::text}, column{"hint", column_type::text},
    column{"family", column_type::text},      column{"revision", column_type::number},
};

inline constexpr std::array policy_version_columns{
    column{"version", column_type::text},
    column{"hash", column_type::text},
    column{"content", column_type::text},
    column{"seen", column_type::time},
};

template <class In>
policy_version take_policy_version(In& in) {
    policy_version row;
    row.version = in.text();
    row.hash = in.text();
    row.content = in.text();
    row.seen = in.time();
    return row;
}

inline constexpr std::array published_columns{
    column{"tenant", column_type::text}, column{"version", column_type::text}, column{"content", column_type::text},
    column{"at", column_type::time},     column{"actor", column_type::text},   column{"revision", column_type::number},
};

inline constexpr std::array version_columns{
    column{"tenant", column_type::text},
    column{"version", column_type::text},
    column{"hash", column_type::text},
    column{"content", column_type::text},
};

template <class Out>
void put(Out& out, const key_row& row) {
    out.text(row.id);
    out.bytes(row.hash);
    for (const std::string* name :
         {&row.tenant, &row.label, &row.workspace, &row.feature, &row.agent, &row.environment})
        out.text(*name);
    out.text(pack_lines(row.models));
    out.optional_time(row.expires);
    out.optional_time(row.revoked);
    out.time(row.created);
    out.text(row.replaced_by);
    out.text(row.hint);
    out.text(row.family);
    out.number(row.revision);
}

template <class In>
key_row take_key(In& in) {
    key_row row;
    row.id = in.text();
    const std::string hash = in.bytes();
    if (hash.size() == row.hash.size())
        std::ranges::copy(hash, row.hash.begin());
    else
        in.damaged("api_keys.hash");
    for (std::string* name : {&row.tenant, &row.label, &row.workspace, &row.feature, &row.agent, &row.environment})
        *name = in.text();
    row.models = unpack_lines(in.text());
    row.expires = in.optional_time();
    row.revoked = in.optional_time();
    row.created = in.time();
    row.replaced_by = in.text();
    row.hint = in.text();
    row.family = in.text();
    if (row.family.empty()) row.family = row.id; // made by an older program
    row.revision = in.number();
    return row;
}

template <class In>
published_policy take_published(In& in) {
    published_policy row;
    row.tenant = in.text();
    row.version = in.text();
    row.content = in.text();
    row.at = in.time();
    row.actor = in.text();
    row.revision = in.number();
    return row;
}

template <class Out>
void put(Out& out, const policy_version& row) {
    out.text(row.tenant);
    out.text(row.version);
    out.text(row.hash);
    out.text(row.content);
}

template <class In>
policy_version take_version(In& in) {
    policy_version row;
    row.tenant = in.text();
    row.version = in.text();
    row.hash = in.text();
    row.content = in.text();
    row.seen = in.time();
    return row;
}

}
