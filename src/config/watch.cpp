#include <tollgate/config/load.hpp>

#include "files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

}

fingerprints fingerprint(const watch_list& watched) {
    mixer folders;
    for (const std::string& folder : watched.folders) folders.add(static_cast<std::int64_t>(of_folder(folder)));
    fingerprints before;
    before.folders = folders.value();
    return fingerprint_files(watched, before);
}

fingerprints fingerprint_files(const watch_list& watched, const fingerprints& before) {
    mixer files, tls;
    for (const std::string& file : watched.files) files.add(static_cast<std::int64_t>(of_file(file)));
    for (const std::string& file : watched.tls) tls.add(static_cast<std::int64_t>(of_file(file)));
    return {files.value(), before.folders, tls.value()};
}

folder_hints::folder_hints() : events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

folder_hints::~folder_hints() {
    if (events_ >= 0) close(events_);
}

void folder_hints::follow(const std::vector<std::string>& folders) {
    if (events_ < 0 || (all_watched_ && !awaits_folder_ && folders == followed_)) return;
    const bool only_awaited = all_watched_ && folders == followed_; // those that are watched stay as they are
    if (!only_awaited)
        for (const int watch : watches_) inotify_rm_watch(events_, watch);
    watches_.clear();
    followed_ = folders;
    all_watched_ = true;
    awaits_folder_ = false;
    constexpr std::uint32_t changes = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
    std::vector<std::string> there;
    for (const std::string& folder : folders) {
        const int watch = inotify_add_watch(events_, folder.c_str(), changes);
        if (watch >= 0) {
            watches_.push_back(watch);
            there.push_back(folder);
        } else if (errno == ENOENT && std::ranges::find(there, parent_of(folder)) != there.end()) {
            awaits_folder_ = true; // the folder it will stand in tells when it comes
        } else {
            all_watched_ = false; // not there yet, out of watches, or a file system that has none: look every time
        }
    }
}

bool folder_hints::happened() {
    if (events_ < 0) return true;
    alignas(inotify_event) char buffer[16 * 1024];
    bool any = !all_watched_, gone = false;
    for (;;) {
        const ssize_t size = read(events_, buffer, sizeof buffer);
        if (size <= 0) break;
        any = true;
        for (ssize_t at = 0; at < size;) {
            inotify_event event{};
            std::memcpy(&event, buffer + at, sizeof event);
            gone = gone || (event.mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
            at += static_cast<ssize_t>(sizeof event + event.len);
        }
    }
    if (gone || !all_watched_ || (any && awaits_folder_)) {
        all_watched_ = all_watched_ && !gone;
        follow(std::vector<std::string>(followed_));
    }
    return any;
}

}
