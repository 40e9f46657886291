// tollgate.yaml, then the catalogue and the prices it names, then the policies.
#include <tollgate/config/load.hpp>

#include "files.hpp"
#include "load_policies.hpp"

#include <tollgate/config/catalog_file.hpp>
#include <tollgate/core/limits.hpp>

namespace tollgate::config {

namespace {

namespace fs = std::filesystem;

// A path of the configuration starts at its folder.
std::string from(const fs::path& folder, const std::string& path) {
    return path.empty() ? path : (folder / path).lexically_normal().string();
}

class loader {
public:
    loader(const std::string& path, const load_options& how)
        : path_(path), folder_(fs::path(path).parent_path()), how_(how), references_(folder_.string()) {}

    report run() {
        const bool readable = read_main();
        if (readable) {
            read_prices_and_catalog();
            read_policies();
        }
        for (const std::string& file : references_.files()) out_.watched.files.push_back(file);
        finish();
        return std::move(out_);
    }

private:
    // Nothing when the file cannot be read or is not YAML; `name` must outlive the tree.
    std::optional<node> read_tree(const std::string& name) {
        out_.watched.files.push_back(name);
        ++out_.counts.files;
        const auto text = read_file(name, limits::config_file_bytes_max);
        if (!text) {
            out_.problems.push_back({name, 0, 0, text.error()});
            return std::nullopt;
        }
        const document_limits bounds{limits::config_file_bytes_max, limits::config_nodes_max};
        return parse_document(name, *text, bounds, references_.get(), out_.problems);
    }

    bool read_main() {
        auto tree = read_tree(path_);
        if (!tree) return false;
        settings& read = made_.settings;
        read_settings(*tree, read, at_);
        for (std::string* file : {&read.files.catalog, &read.files.prices, &read.files.policies, &read.server.tls.cert,
                                  &read.server.tls.key})
            *file = from(folder_, *file);
        if (read.server.tls.enabled()) out_.watched.tls = {read.server.tls.cert, read.server.tls.key};
        for (const std::string& file : out_.watched.tls)
            if (const auto text = read_file(file, limits::config_file_bytes_max); !text)
                out_.problems.push_back({file, 0, 0, text.error()});
        return true;
    }

    void read_prices_and_catalog() {
        price_book prices;
        if (auto tree = read_tree(made_.settings.files.prices)) read_prices(*tree, prices, at_);
        auto catalog = std::make_shared<tollgate::catalog>();
        if (auto tree = read_tree(made_.settings.files.catalog))
            read_catalog(*tree, prices, how_.now, folder_.string(), *catalog, at_);
        out_.counts.prices = prices.count;
        out_.counts.providers = catalog->providers.size();
        out_.counts.models = catalog->models.size();
        made_.catalog = std::move(catalog);
    }

    void read_policies() {
        policy_folder found{made_.settings.files.policies, *made_.catalog, how_, references_.get()};
        auto read = load_policies(found, at_);
        out_.watched.folders = {found.path, found.path + "/templates"};
        out_.counts.files += read.files;
        out_.counts.templates = read.templates->size();
        out_.counts.tenants = read.policies->tenants.size();
        made_.policies = std::move(read.policies);
        made_.templates = std::move(read.templates);
        made_.sources = std::move(read.sources);
    }

    void finish() {
        tidy(out_.problems);
        tidy(out_.warnings);
        if (!out_.problems.empty()) return;
        made_.warnings = out_.warnings;
        made_.watched = out_.watched;
        made_.counts = out_.counts;
        out_.value = std::move(made_);
    }

    std::string path_;
    fs::path folder_;
    const load_options& how_;
    recorded_references references_;
    report out_;
    loaded made_;
    context at_{out_.problems, out_.warnings};
};

}

report inspect(const std::string& path, const load_options& how) { return loader(path, how).run(); }

std::expected<loaded, std::vector<problem>> load(const std::string& path, const load_options& how) {
    report result = inspect(path, how);
    if (!result.value) return std::unexpected(std::move(result.problems));
    return std::move(*result.value);
}

std::expected<read_policy_result, std::vector<problem>>
parse_stored_policy(std::string_view name, std::string_view text, const loaded& with, instant now) {
    zone_files zones;
    return parse_policy(name, text, {*with.catalog, *with.templates, zones, now});
}

std::vector<problem> changed_without_new_version(const loaded& before, const loaded& after) {
    std::vector<problem> found;
    for (const auto& [tenant, now] : after.policies->tenants) {
        const policy::tenant_policy* then = before.policies->find(tenant);
        if (then == nullptr || then->version != now->version || then->hash == now->hash) continue;
        const auto source = after.sources.find(tenant);
        const std::string file = source == after.sources.end() ? tenant : source->second.file;
        found.push_back({file, 0, 0,
                         "the content changed, but `policy_version` is still `" + now->version +
                             "`: every content needs a version of its own"});
    }
    tidy(found);
    return found;
}

}
