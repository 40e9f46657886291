#include <tollgate/config/load.hpp>

#include "files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>

namespace tollgate::config {

namespace {

// FNV-1a: changes by accident or by an editor, not by an adversary, who could write the files anyhow.
class mixer {
public:
    void add(std::string_view bytes) {
        for (const char c : bytes) value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    void add(std::int64_t number) {
        char bytes[sizeof number];
        std::memcpy(bytes, &number, sizeof number);
        add(std::string_view(bytes, sizeof bytes));
    }
    void add(const struct stat& is) {
        for (const std::int64_t part :
             {static_cast<std::int64_t>(is.st_ino), static_cast<std::int64_t>(is.st_size),
              static_cast<std::int64_t>(is.st_mtim.tv_sec), static_cast<std::int64_t>(is.st_mtim.tv_nsec)})
            add(part);
    }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xcbf29ce484222325u;
};

// A file that is not there counts as well: its arrival is a change.
std::uint64_t of_file(const std::string& path) {
    mixer mix;
    struct stat is{};
    mix.add(path);
    if (stat(path.c_str(), &is) == 0) mix.add(is);
    return mix.value();
}

// The sum over the files in whatever order the folder yields them: one call a file, no path is built.
std::uint64_t of_folder(const std::string& path) {
    DIR* folder = opendir(path.c_str());
    if (folder == nullptr) return 0;
    std::uint64_t sum = 1;
    while (const dirent* entry = readdir(folder)) {
        struct stat is{};
        if (!is_policy_file(entry->d_name) || fstatat(dirfd(folder), entry->d_name, &is, 0) != 0) continue;
        mixer mix;
        mix.add(entry->d_name);
        mix.add(is);
        sum += mix.value();
    }
    closedir(folder);
    return sum;
}

}

fingerprints fingerprint(const watch_list& watched) {
    mixer config, tls;
    for (const std::string& file : watched.files) config.add(static_cast<std::int64_t>(of_file(file)));
    for (const std::string& folder : watched.folders) config.add(static_cast<std::int64_t>(of_folder(folder)));
    for (const std::string& file : watched.tls) tls.add(static_cast<std::int64_t>(of_file(file)));
    return {config.value(), tls.value()};
}

}
