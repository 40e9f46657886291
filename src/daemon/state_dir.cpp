#include <tollgate/daemon/state_dir.hpp>

#include <tollgate/keys/secret.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/file.h>
#include <unistd.h>

namespace tollgate {

namespace {

std::runtime_error failure(const std::string& what, const std::string& why) {
    return std::runtime_error("state_dir: " + what + ": " + why);
}

std::string read_or_make_node(const std::string& file) {
    std::string node;
    if (std::ifstream in(file); in >> node) return node;
    node = "node_" + keys::make_key_id().substr(4);
    // Written beside and renamed: a kill in between must not leave half a name.
    const std::string fresh = file + ".new";
    std::ofstream out(fresh);
    out << node << '\n';
    out.close();
    if (!out) throw failure(fresh, "cannot be written");
    std::filesystem::rename(fresh, file);
    return node;
}

}

state_dir::state_dir(std::string path) : path_(std::move(path)) {
    std::error_code ec;
    std::filesystem::create_directories(path_, ec);
    if (ec) throw failure(path_, ec.message());
    const std::string lock = path_ + "/lock";
    lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) throw failure(lock, std::strerror(errno));
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        ::close(lock_);
        throw failure(path_, "another tollgate process uses it; give each process a state_dir of its own");
    }
    node_ = read_or_make_node(path_ + "/node");
}

state_dir::~state_dir() { ::close(lock_); }

}
