#include <tollgate/daemon/open_store.hpp>

#include <tollgate/postgres/postgres_database.hpp>
#include <tollgate/sqlite/sqlite_database.hpp>

#include <array>
#include <stdexcept>
#include <string_view>

namespace tollgate {

namespace {

std::unique_ptr<store::database> open_sqlite(const std::string& url) {
    std::string path = url.substr(url.find(':') + 1);
    if (path.empty()) throw std::invalid_argument("store.url: `sqlite:` needs a path, as in sqlite:var/tollgate.db");
    return sqlite::open_database(std::move(path));
}

std::unique_ptr<store::database> open_postgres(const std::string& url) { return postgres::open_database(url); }

struct scheme {
    std::string_view prefix;
    std::unique_ptr<store::database> (*open)(const std::string& url);
};

constexpr std::array schemes{
    scheme{"sqlite:", open_sqlite},
    scheme{"postgresql://", open_postgres},
    scheme{"postgres://", open_postgres},
};

}

std::unique_ptr<store::database> open_store(const std::string& url) {
    for (const scheme& known : schemes)
        if (url.starts_with(known.prefix)) return known.open(url);
    throw std::invalid_argument("store.url must be sqlite:PATH or postgresql://USER:PASSWORD@HOST/DATABASE");
}

}
