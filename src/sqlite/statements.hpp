#pragma once

// SQL text made from the tables of columns in store/rows.hpp. Built once, before the first connection uses it.

#include <tollgate/store/repeat_rows.hpp>
#include <tollgate/store/rows.hpp>

#include <string>

namespace tollgate::sqlite {

// "INSERT INTO table (a, b) VALUES (?, ?)" and then `conflict`.
inline std::string insert_into(std::string_view table, std::span<const store::column> columns,
                               std::string_view conflict = {}) {
    std::string sql = "INSERT INTO " + std::string(table) + " (" + store::column_names(columns) + ") VALUES (";
    for (std::size_t i = 0; i < columns.size(); ++i) sql += i == 0 ? "?" : ", ?";
    return sql + ") " + std::string(conflict);
}

// "SELECT a, b FROM table " and then `rest`.
inline std::string select_from(std::string_view table, std::span<const store::column> columns, std::string_view rest) {
    return "SELECT " + store::column_names(columns) + " FROM " + std::string(table) + " " + std::string(rest);
}

// "a = excluded.a, b = excluded.b": every column but those of the key, which stand first.
inline std::string all_excluded(std::span<const store::column> columns, std::size_t key_columns) {
    std::string sql;
    for (const store::column& each : columns.subspan(key_columns)) {
        if (!sql.empty()) sql += ", ";
        sql += std::string(each.name) + " = excluded." + std::string(each.name);
    }
    return sql;
}

}
