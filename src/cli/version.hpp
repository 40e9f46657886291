#pragma once

#include <string_view>

namespace tollgate::cli {

std::string_view version_text(); // "tollgate 0.1.0"

}
