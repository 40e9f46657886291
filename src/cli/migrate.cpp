#include "definitions.hpp"
#include "open.hpp"

namespace tollgate::cli {

namespace {

status migrate(const context& at) {
    auto settings = read_settings(at);
    if (!settings) return std::unexpected(settings.error());
    auto database = open_database(*settings);
    if (!database) return std::unexpected(database.error());
    const auto done = (*database)->migrate();
    if (!done) return store_failed(done.error());
    std::ostream& out = at.world.out;
    for (const std::string& name : done->applied) out << "applied " << name << '\n';
    if (done->applied.empty()) out << "nothing to apply; ";
    out << (*database)->description() << " is at version " << done->version << '\n';
    return {};
}

}

action define_migrate(option_list&) { return migrate; }

}
