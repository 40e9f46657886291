#include "files.hpp"

#include <tollgate/config/load.hpp>

#include <sys/stat.h>

namespace tollgate::config {

namespace {

// A file that is not there has a line as well: its arrival is a change.
void add_file(std::string& out, const std::string& path) {
    struct stat is{};
    out.append(path);
    if (stat(path.c_str(), &is) == 0) {
        for (const auto part :
             {static_cast<std::int64_t>(is.st_ino), static_cast<std::int64_t>(is.st_size),
              static_cast<std::int64_t>(is.st_mtim.tv_sec), static_cast<std::int64_t>(is.st_mtim.tv_nsec)})
            out.append(" ").append(std::to_string(part));
    }
    out.push_back('\n');
}

}

fingerprints fingerprint(const watch_list& watched) {
    std::string config, tls;
    for (const std::string& file : watched.files) add_file(config, file);
    for (const std::string& folder : watched.folders)
        for (const std::string& file : policy_files(folder)) add_file(config, file);
    for (const std::string& file : watched.tls) add_file(tls, file);
    return {sha256_hex(config), sha256_hex(tls)};
}

}
