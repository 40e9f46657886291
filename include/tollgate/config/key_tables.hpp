#pragma once

// The keys and choices that the loader knows, for the test that keeps the JSON Schemas true.

#include <string_view>
#include <vector>

namespace tollgate::config {

struct key_table {
    std::string_view schema;  // "policy": config/schema/policy.schema.json
    std::string_view pointer; // JSON pointer to the object's schema, or to the one with the enum
    std::vector<std::string_view> names;
};

std::vector<key_table> key_tables();    // one for each kind of object
std::vector<key_table> choice_tables(); // one for each closed list of values

}
