#pragma once

// The embedded store: one SQLite file, exact also when several processes use it.

#include <tollgate/store/migration.hpp>

#include <memory>
#include <string>

namespace tollgate::sqlite {

// `path` as in "sqlite:<path>". Nothing is opened yet; the file and its folder are made by the first call that needs
// them. The stores' own headers (ledger_store, account_store, key_store) say what each may be used for.
std::unique_ptr<store::database> open_database(std::string path);

}
