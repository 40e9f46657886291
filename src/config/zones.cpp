// Time zones from the system's zoneinfo folder.
#include <tollgate/config/policy_file.hpp>

#include <filesystem>
#include <fstream>

namespace tollgate::config {

namespace {

constexpr std::size_t zone_bytes_max = 128 * 1024;
constexpr std::size_t zones_max = 1'024;

// A name is a path below the folder: nothing that leaves it, nothing that is not a zone's name.
bool is_zone_name(const std::string& name) {
    constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    const bool known = !name.empty() && name.size() <= 64 && name.find_first_not_of(allowed) == std::string::npos;
    return known && name.front() != '/' && name.back() != '/' && name.find("//") == std::string::npos;
}

std::optional<std::string> read_zone(const std::filesystem::path& path) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    std::string bytes(zone_bytes_max + 1, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > zone_bytes_max) return std::nullopt;
    return bytes;
}

}

std::expected<std::shared_ptr<const time_zone>, std::string> zone_files::find(const std::string& name) {
    if (name == "UTC") return time_zone::utc();
    if (!is_zone_name(name)) return std::unexpected("`" + name + "` is not a time zone name such as Europe/Berlin");
    const std::lock_guard hold(guard_);
    const auto found = known_.find(name);
    if (found != known_.end()) return found->second;

    const auto bytes = read_zone(std::filesystem::path(folder_) / name);
    auto zone = bytes ? time_zone::parse(name, *bytes) : nullptr;
    if (!zone)
        return std::unexpected("no time zone `" + name + "` in " + folder_ + "; is the tzdata package installed?");
    if (known_.size() < zones_max) known_.emplace(name, zone);
    return zone;
}

}
