#pragma once

// From `store.url` to a database.

#include <tollgate/store/migration.hpp>

#include <memory>
#include <string>

namespace tollgate {

// "sqlite:PATH" (a relative path starts at the working directory) or "postgresql://...". Nothing is opened yet.
// Throws std::invalid_argument, without the URL (it may hold a password), for anything else.
std::unique_ptr<store::database> open_store(const std::string& url);

}
