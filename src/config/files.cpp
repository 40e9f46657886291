#include "files.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>

namespace tollgate::config {

std::expected<std::string, std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) return std::unexpected("is a folder");
    const auto size = std::filesystem::file_size(path, failed);
    if (failed) return std::unexpected("cannot be read: " + failed.message());
    if (size > bytes_max) return std::unexpected("larger than " + std::to_string(bytes_max) + " bytes");
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::unexpected(std::string("cannot be read: ") + std::strerror(errno));
    std::string text(size, '\0');
    in.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

bool is_policy_file(std::string_view name) {
    const bool known = name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
    return known && !name.starts_with('.');
}

std::vector<std::string> policy_files(const std::filesystem::path& folder) {
    std::vector<std::string> found;
    std::error_code failed;
    for (auto at = std::filesystem::directory_iterator(folder, failed);
         !failed && at != std::filesystem::directory_iterator(); at.increment(failed)) {
        if (is_policy_file(at->path().filename().string())) found.push_back(at->path().string());
    }
    std::ranges::sort(found);
    return found;
}

recorded_references::recorded_references(std::string folder) {
    known_ = references::of_process(folder);
    known_.file = [this, folder, open = known_.file](std::string_view path) {
        const std::lock_guard hold(guard_);
        opened_.insert((std::filesystem::path(folder) / path).string());
        return open(path);
    };
}

std::vector<std::string> recorded_references::files() const {
    const std::lock_guard hold(guard_);
    return {opened_.begin(), opened_.end()};
}

}
