#include <tidy/layers.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string>

namespace tollgate::tidy {

namespace {

using names = std::vector<std::string_view>;

// A layer may include itself, what its row names, and nothing else of ours.
struct layer_row {
    std::string_view name;
    names may_include;
};

const std::vector<layer_row>& layer_table() {
    static const names above_adapters{"core", "policy", "ledger", "openai", "runtime", "ports", "store", "app"};
    auto with = [](std::initializer_list<std::string_view> more) {
        names all = above_adapters;
        all.insert(all.end(), more);
        return all;
    };
    static const std::vector<layer_row> table{
        {"core", {}},
        {"policy", {"core"}},
        {"ledger", {"core"}},
        {"openai", {"core"}},
        {"runtime", {"core"}},
        {"ports", {"core", "policy", "ledger", "openai", "runtime"}},
        {"store", {"core", "policy", "ledger", "openai", "runtime", "ports"}},
        {"app", {"core", "policy", "ledger", "openai", "runtime", "ports", "store"}},
        // adapters: all of the above, never one another
        {"http", above_adapters},
        {"upstream", above_adapters},
        {"postgres", above_adapters},
        {"sqlite", above_adapters},
        {"keys", above_adapters},
        {"config", above_adapters},
        {"observability", above_adapters},
        {"alerts", above_adapters},
        {"admin", with({"http", "keys"})}, // routes on a server of the same kind, keys made and revoked there
        {"mock", with({"http"})},          // a server of its own
        // the only places that know every adapter
        {"daemon",
         with({"http", "upstream", "postgres", "sqlite", "keys", "config", "observability", "alerts", "admin"})},
        {"cli", with({"http", "upstream", "postgres", "sqlite", "keys", "config", "observability", "alerts", "admin",
                      "mock", "daemon"})},
    };
    return table;
}

// A library's headers and the only layers that may see them.
struct library_row {
    std::string_view name;
    names prefixes;
    names layers;
};

const std::vector<library_row>& library_table() {
    static const std::vector<library_row> table{
        {"Beast", {"boost/beast"}, {"http", "upstream"}},
        {"Boost",
         {"boost/"},
         {"runtime", "ports", "app", "http", "upstream", "store", "postgres", "sqlite", "keys", "config",
          "observability", "alerts", "admin", "mock", "daemon", "cli"}},
        {"libpq", {"libpq-fe.h", "libpq/", "postgresql/"}, {"postgres"}},
        {"SQLite", {"sqlite3.h"}, {"sqlite"}},
        {"yaml-cpp", {"yaml-cpp/"}, {"config"}},
        {"spdlog", {"spdlog/"}, {"observability"}},
        {"nlohmann/json", {"nlohmann/"}, {"admin", "config", "cli", "mock"}},
        {"simdjson", {"simdjson"}, {"openai", "app", "mock"}}, // app: records of decisions, read back by the million
        {"CLI11", {"CLI/"}, {"cli"}},
        {"zlib", {"zlib.h"}, {"mock", "upstream"}},
    };
    return table;
}

bool contains(const names& all, std::string_view one) { return std::ranges::find(all, one) != all.end(); }

std::optional<std::string_view> included(std::string_view line) {
    if (!line.starts_with("#include")) return std::nullopt;
    const std::size_t open = line.find_first_of("<\"");
    if (open == std::string_view::npos) return std::nullopt;
    const std::size_t close = line.find_first_of(">\"", open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    return line.substr(open + 1, close - open - 1);
}

// Our own header's layer, for <tollgate/LAYER/x.hpp>, "LAYER/x.hpp" and "../LAYER/x.hpp"; empty for others.
std::string_view included_layer(std::string_view header) {
    while (header.starts_with("../")) header.remove_prefix(3);
    constexpr std::string_view ours = "tollgate/";
    if (header.starts_with(ours)) header.remove_prefix(ours.size());
    const std::size_t slash = header.find('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view first = header.substr(0, slash);
    const bool known = std::ranges::any_of(layer_table(), [&](const layer_row& row) { return row.name == first; });
    return known ? first : std::string_view{};
}

bool may_include(std::string_view layer, std::string_view other) {
    if (layer == other) return true;
    for (const layer_row& row : layer_table()) {
        if (row.name == layer) return contains(row.may_include, other);
    }
    return false;
}

// The most specific library wins: Beast before Boost.
const library_row* library_of(std::string_view header) {
    for (const library_row& row : library_table()) {
        const bool hit = std::ranges::any_of(row.prefixes, [&](std::string_view p) { return header.starts_with(p); });
        if (hit) return &row;
    }
    return nullptr;
}

}

std::string_view layer_of(std::string_view path) {
    for (const std::string_view root : {std::string_view("src/"), std::string_view("include/tollgate/")}) {
        if (!path.starts_with(root)) continue;
        path.remove_prefix(root.size());
        const std::size_t slash = path.find('/');
        return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    }
    return {};
}

std::vector<finding> check_layers(const source_file& file) {
    std::vector<finding> found;
    const std::string_view layer = layer_of(file.path);
    if (layer.empty() || !is_cpp(file.path)) return found;
    const bool known = std::ranges::any_of(layer_table(), [&](const layer_row& row) { return row.name == layer; });
    if (!known) return {{"layer", file.path, 0, "no row for this layer in tests/tidy/layers.cpp"}};
    for (std::size_t i = 0; i < file.code.size(); ++i) {
        const auto header = included(file.code[i]);
        if (!header) continue;
        const std::string_view other = included_layer(*header);
        if (!other.empty() && !may_include(layer, other)) {
            found.push_back(
                {"layer", file.path, i + 1, std::string(layer) + " must not include " + std::string(other)});
        }
        const library_row* library = other.empty() ? library_of(*header) : nullptr;
        if (library != nullptr && !contains(library->layers, layer)) {
            found.push_back(
                {"library", file.path, i + 1, std::string(layer) + " must not see " + std::string(library->name)});
        }
    }
    return found;
}

}
