#include "settings.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tollgate::cli {

namespace {

constexpr std::array default_places{"config/tollgate.yaml", "/etc/tollgate/tollgate.yaml"};

failure invalid(const std::vector<config::problem>& problems) {
    std::string text = "the configuration is not valid:";
    for (const config::problem& each : problems) text += "\n  " + config::to_text(each);
    return {exit_refused, std::move(text)};
}

std::optional<std::string> text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!(text << file.rdbuf())) return std::nullopt;
    return std::move(text).str();
}

}

outcome_of<std::string> config_path(const context& at) {
    if (!at.config.empty()) return at.config;
    for (const char* place : default_places)
        if (std::filesystem::exists(place)) return place;
    return refuse("there is no configuration: neither config/tollgate.yaml nor /etc/tollgate/tollgate.yaml exists.\n"
                  "Name one with --config FILE.");
}

outcome_of<config::settings> read_settings(const context& at) {
    auto path = config_path(at);
    if (!path) return std::unexpected(path.error());
    const auto text = text_of(*path);
    if (!text) return refuse("cannot read " + *path + ".\nName another configuration with --config FILE.");
    std::vector<config::problem> problems, warnings;
    const auto folder = std::filesystem::path(*path).parent_path().string();
    const config::document_limits bounds{limits::config_file_bytes_max, limits::config_nodes_max};
    auto tree = config::parse_document(*path, *text, bounds, config::references::of_process(folder), problems);
    config::settings read;
    if (tree) {
        config::context places{problems, warnings};
        config::read_settings(*tree, read, places);
    }
    config::tidy(problems);
    if (!tree || !problems.empty()) return std::unexpected(invalid(problems));
    return read;
}

outcome_of<config::loaded> load_all(const context& at) {
    auto path = config_path(at);
    if (!path) return std::unexpected(path.error());
    auto all = config::load(*path, {.now = at.world.now()});
    if (!all) return std::unexpected(invalid(all.error()));
    return std::move(*all);
}

}
