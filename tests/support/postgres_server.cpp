#include "postgres_server.hpp"

#include <libpq-fe.h>

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <vector>

namespace tollgate::test {

namespace {

namespace fs = std::filesystem;

std::optional<std::string> find_programs() {
    std::error_code ec;
    std::optional<std::string> newest;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", ec)) {
        const fs::path bin = version.path() / "bin";
        if (fs::exists(bin / "initdb", ec) && (!newest || bin.string() > *newest)) newest = bin.string();
    }
    return newest;
}

// PostgreSQL does not run as root.
const passwd* other_user() {
    if (::geteuid() != 0) return nullptr;
    if (const passwd* user = ::getpwnam("postgres")) return user;
    return ::getpwnam("nobody");
}

void write_file(const fs::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::app);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

// In the child: another user, no death of the parent survived, output to a file, then the program.
[[noreturn]] void become(const std::vector<std::string>& words, const std::string& log, pid_t parent) {
    if (const passwd* user = other_user())
        if (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0) ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT); // after setuid, which clears it; SIGQUIT: at once, children too
    if (::getppid() != parent) ::_exit(126);
    const int out = ::open(log.c_str(), O_WRONLY | O_APPEND); // not through stdio: its buffer is the parent's
    if (out < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0) ::_exit(126);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

pid_t spawn(const std::vector<std::string>& words, const std::string& log) {
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) become(words, log, parent);
    return child;
}

}

std::unique_ptr<postgres_server> postgres_server::start(const options& wanted, std::string& why) {
    const auto programs = find_programs();
    if (!programs) {
        why = "no PostgreSQL under /usr/lib/postgresql";
        return nullptr;
    }
    std::unique_ptr<postgres_server> made(new postgres_server);
    made->programs_ = *programs;
    made->initialise(wanted);
    made->start_again();
    return made;
}

void postgres_server::initialise(const options& wanted) {
    std::string pattern = (fs::temp_directory_path() / "tollgate-pg-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
    folder_ = pattern;
    if (const passwd* user = other_user())
        if (::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
            throw std::runtime_error("cannot give " + folder_ + " away");
    const std::string data = folder_ + "/data", log = folder_ + "/log";
    write_file(log, "");
    fs::permissions(log, fs::perms::all);
    int status = 0;
    const pid_t child = spawn(
        {programs_ + "/initdb", "-D", data, "-U", "tollgate", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"},
        log);
    ::waitpid(child, &status, 0);
    if (status != 0) throw std::runtime_error("initdb failed; see " + log);
    write_file(data + "/postgresql.conf", "listen_addresses = ''\nunix_socket_directories = '" + folder_ +
                                              "'\nmax_connections = 40\nlogging_collector = off\nfsync = " +
                                              (wanted.fsync ? "on" : "off") + "\n" + wanted.settings + "\n");
}

// The server writes its lock file at every step of its start, the last time when it takes connections.
void postgres_server::start_again() {
    const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    const bool watching = watch >= 0 && ::inotify_add_watch(watch, (folder_ + "/data").c_str(), IN_CLOSE_WRITE) >= 0;
    if (!watching) throw std::runtime_error("inotify failed");
    pid_ = spawn({programs_ + "/postgres", "-D", folder_ + "/data"}, folder_ + "/log");
    constexpr int waits_max = 2'000, wait_ms = 500;
    bool ready = false, ended = false;
    for (int i = 0; i < waits_max && !ready && !ended; ++i) {
        pollfd changed{watch, POLLIN, 0};
        ::poll(&changed, 1, wait_ms);
        std::array<char, 4'096> events;
        while (::read(watch, events.data(), events.size()) > 0) {
        }
        ready = answers();
        ended = !ready && ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    }
    ::close(watch);
    if (!ready) throw std::runtime_error("postgres did not start; see " + folder_ + "/log");
}

bool postgres_server::answers() const {
    const std::string url = "host=" + folder_ + " dbname=postgres user=tollgate connect_timeout=2";
    PGconn* raw = PQconnectdb(url.c_str());
    const bool ok = PQstatus(raw) == CONNECTION_OK;
    PQfinish(raw);
    return ok;
}

// A schema, found through the search path, is as empty as a database and far cheaper to make and to remove.
std::string postgres_server::new_database() {
    const std::string name = "t" + std::to_string(++databases_);
    const std::string url = "host=" + folder_ + " dbname=postgres user=tollgate";
    PGconn* raw = PQconnectdb(url.c_str());
    PGresult* done = PQexec(raw, ("CREATE SCHEMA " + name).c_str());
    const bool ok = PQresultStatus(done) == PGRES_COMMAND_OK;
    const std::string why = PQerrorMessage(raw);
    PQclear(done);
    PQfinish(raw);
    if (!ok) throw std::runtime_error("create schema: " + why);
    return "postgresql://tollgate@/postgres?host=" + folder_ + "&options=-csearch_path%3D" + name;
}

void postgres_server::stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGQUIT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

// The postmaster and its children share a session, not a group that we may signal: the children are found by their
// parent.
static std::vector<pid_t> family_of(pid_t parent) {
    std::vector<pid_t> all{parent};
    std::ifstream children("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
    for (pid_t child = 0; children >> child;) all.push_back(child);
    return all;
}

void postgres_server::freeze() {
    for (const pid_t each : family_of(pid_)) ::kill(each, SIGSTOP);
}

void postgres_server::thaw() {
    for (const pid_t each : family_of(pid_)) ::kill(each, SIGCONT);
}

postgres_server::~postgres_server() {
    stop();
    std::error_code ec;
    if (!folder_.empty()) fs::remove_all(folder_, ec);
}

}
