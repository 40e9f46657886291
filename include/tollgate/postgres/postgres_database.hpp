#pragma once

// The shared store: PostgreSQL 12 or later. Any number of gateway processes may use one database.

#include <tollgate/store/migration.hpp>

#include <memory>
#include <string>

namespace tollgate::postgres {

// `url` as libpq reads it ("postgresql://user@host/name?..."). Nothing is connected yet. Stores that lose their
// connection open it again at their next use, with at most one attempt per call.
std::unique_ptr<store::database> open_database(std::string url);

}
