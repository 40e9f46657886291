// tollgate check: one line a problem, in the form that editors jump to.
#include "definitions.hpp"
#include "settings.hpp"

namespace tollgate::cli {

namespace {

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string summary_of(const config::summary& counts) {
    return counted(counts.files, "file", "files") + ": " + counted(counts.tenants, "tenant", "tenants") + ", " +
           counted(counts.templates, "template", "templates") + ", " + counted(counts.models, "model", "models") +
           " of " + counted(counts.providers, "provider", "providers") + ", " +
           counted(counts.prices, "price", "prices");
}

status check(const context& at) {
    auto path = config_path(at);
    if (!path) return std::unexpected(path.error());
    const config::report found = config::inspect(*path, {.now = at.world.now()});
    std::ostream& out = at.world.out;
    for (const config::problem& each : found.problems) out << config::to_text(each) << '\n';
    for (config::problem each : found.warnings) {
        each.message = "warning: " + each.message;
        out << config::to_text(each) << '\n';
    }
    if (!found.value) return refuse(counted(found.problems.size(), "problem", "problems") + " in " + *path);
    out << "ok, " << summary_of(found.counts);
    if (!found.warnings.empty()) out << ", " << counted(found.warnings.size(), "warning", "warnings");
    out << '\n';
    return {};
}

}

action define_check(option_list&) { return check; }

}
