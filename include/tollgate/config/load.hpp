#pragma once

// The whole configuration, all or nothing.

#include <tollgate/config/policy_file.hpp>
#include <tollgate/config/settings.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tollgate::config {

// What a change of the configuration shows in. Paths, not contents.
struct watch_list {
    std::vector<std::string> files;   // configuration, catalogue, prices, files that ${file:...} names
    std::vector<std::string> folders; // of policies and templates
    std::vector<std::string> tls;     // certificate and key: they change without anything else
    friend bool operator==(const watch_list&, const watch_list&) = default;
};

// Of names, sizes, times and inodes; equal means unchanged.
struct fingerprints {
    std::uint64_t files = 0, folders = 0, tls = 0;
    friend bool operator==(const fingerprints&, const fingerprints&) = default;
};

// One look at the file system. A folder costs a call a file: about 4 us each, so that ten thousand policies are not
// looked at every time without a hint that something happened.
fingerprints fingerprint(const watch_list& watched);
// The same without the folders, whose part stays as in `before`.
fingerprints fingerprint_files(const watch_list& watched, const fingerprints& before);

// Whether something happened in some folders since one asked last, from the kernel. A hint: changes made on another
// machine are not seen by it.
class folder_hints {
public:
    folder_hints();
    ~folder_hints();
    folder_hints(const folder_hints&) = delete;
    folder_hints& operator=(const folder_hints&) = delete;

    void follow(const std::vector<std::string>& folders);
    bool happened(); // true also when the kernel cannot tell

private:
    int events_ = -1;
    std::vector<std::string> followed_;
    std::vector<int> watches_;
    bool all_watched_ = false;
    bool awaits_folder_ = false; // one is not there yet
};

struct policy_source {
    std::string file;
    std::string canonical; // one line of JSON, a policy file of its own; what the hash is taken of
};

struct summary {
    std::size_t files = 0, providers = 0, models = 0, prices = 0, templates = 0, tenants = 0;
};

struct loaded {
    config::settings settings;
    std::shared_ptr<const tollgate::catalog> catalog;
    std::shared_ptr<const policy::policy_set> policies;
    std::unordered_map<std::string, policy_source> sources; // by tenant
    std::shared_ptr<const template_map> templates;          // for policies that arrive later
    std::vector<problem> warnings;
    watch_list watched;
    summary counts;
};

struct load_options {
    instant now; // decides which prices are in force; required
    std::string zone_folder = "/usr/share/zoneinfo";
    unsigned threads = 0; // 0: one a core; small configurations use one
};

// Everything that `tollgate check` prints. `watched` is filled as far as the files could be read, so that a daemon may
// wait for the repair of a broken configuration.
struct report {
    std::optional<loaded> value; // nothing when there are problems
    std::vector<problem> problems, warnings;
    summary counts;
    watch_list watched;
};

report inspect(const std::string& path, const load_options& how);

// Reads `path` and everything it names, relative to its folder.
std::expected<loaded, std::vector<problem>> load(const std::string& path, const load_options& how);

// A policy that came from elsewhere than its file (published at run time), with the catalogue and templates of a loaded
// configuration. References stay as they are written.
std::expected<read_policy_result, std::vector<problem>>
parse_stored_policy(std::string_view name, std::string_view text, const loaded& with, instant now);

// Policies whose content changed while their version did not: a version names one content for ever.
std::vector<problem> changed_without_new_version(const loaded& before, const loaded& after);

}
