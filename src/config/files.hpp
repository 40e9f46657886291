#pragma once

// Files as text, with what was read remembered for the watch list.

#include <tollgate/config/node.hpp>

#include <filesystem>
#include <mutex>
#include <set>

namespace tollgate::config {

// The whole file, or why not.
std::expected<std::string, std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);

// *.yaml, *.yml and *.json; hidden files are an editor's.
bool is_policy_file(std::string_view name);
// Those of a folder, in order of name.
std::vector<std::string> policy_files(const std::filesystem::path& folder);

// References of the process, which remember the files they opened. Safe for several threads.
class recorded_references {
public:
    explicit recorded_references(std::string folder);
    const references& get() const { return known_; }
    std::vector<std::string> files() const;

private:
    references known_;
    mutable std::mutex guard_;
    std::set<std::string> opened_;
};

}
