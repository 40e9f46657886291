#include "open.hpp"

#include <tollgate/daemon/open_store.hpp>

#include <stdexcept>

namespace tollgate::cli {

outcome_of<database_ptr> open_database(const config::settings& settings) {
    try {
        return open_store(settings.store.url);
    } catch (const std::invalid_argument& wrong) {
        return refuse(wrong.what());
    }
}

outcome_of<database_ptr> open_ready(const config::settings& settings) {
    auto database = open_database(settings);
    if (!database) return database;
    const auto pending = (*database)->pending();
    if (!pending) return store_failed(pending.error());
    if (*pending == 0) return database;
    if (!settings.store.migrate)
        return refuse("the store has " + std::to_string(*pending) + " pending migrations, and store.migrate is false." +
                      "\nRun `tollgate migrate` first.");
    if (auto done = (*database)->migrate(); !done) return store_failed(done.error());
    return database;
}

outcome_of<database_ptr> open_ready(const context& at) {
    auto settings = read_settings(at);
    if (!settings) return std::unexpected(settings.error());
    return open_ready(*settings);
}

}
