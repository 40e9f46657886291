#pragma once

// Members of a usage row's record, which is one flat JSON object of our own writing.

#include <functional>
#include <string>
#include <string_view>

namespace tollgate::app {

// Visits each top-level member with its value as JSON text. False: this is no JSON object, or a torn one.
bool each_member(std::string_view json,
                 const std::function<void(std::string_view name, std::string_view value)>& visit);

// A member that is a string, unescaped; empty when it is not there.
std::string text_member(std::string_view json, std::string_view name);

}
