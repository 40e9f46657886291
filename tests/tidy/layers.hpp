#pragma once

// Who may include whom, as one table. CMake's link lists cannot say it: every system header is always reachable.

#include <tidy/source.hpp>

#include <vector>

namespace tollgate::tidy {

// The layer of src/NAME/... or include/tollgate/NAME/...; empty for anything else.
std::string_view layer_of(std::string_view path);

std::vector<finding> check_layers(const source_file& file);

}
