#include "sql_parts.hpp"

namespace tollgate::postgres {

namespace {

// "$2::bigint[]"
std::string array_of(column_span columns, std::size_t i) {
    return "$" + std::to_string(i + 1) + "::" + std::string(array_type(columns[i].type));
}

}

// Arrays side by side in a list of results are read value by value; as functions of a FROM each would first be stored
// whole, which costs twice as much.
std::string batch(column_span of) {
    std::string sql;
    for (std::size_t i = 0; i < of.size(); ++i)
        sql += (i == 0 ? "(SELECT unnest(" : ", unnest(") + array_of(of, i) + ") AS " + std::string(of[i].name);
    return sql + ") AS k";
}

std::string ordered_batch(column_span of) {
    std::string sql;
    for (std::size_t i = 0; i < of.size(); ++i) sql += (i == 0 ? "unnest(" : ", ") + array_of(of, i);
    return sql + ") WITH ORDINALITY AS k(" + store::column_names(of) + ", i)";
}

std::string same(std::string_view table, column_span key) {
    std::string sql;
    for (const store::column& each : key) {
        if (!sql.empty()) sql += " AND ";
        sql += std::string(table) + "." + std::string(each.name) + " = k." + std::string(each.name);
    }
    return sql;
}

std::string assign(column_span values, std::string_view from) {
    std::string sql;
    for (const store::column& each : values) {
        if (!sql.empty()) sql += ", ";
        sql += std::string(each.name) + " = " + std::string(from) + "." + std::string(each.name);
    }
    return sql;
}

}
