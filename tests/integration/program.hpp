#pragma once

// Runs the program and waits for its end.

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <spawn.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <vector>

extern char** environ; // NOLINT: POSIX gives it no header

namespace tollgate::integration {

struct ended {
    int code = -1; // -1: ended by a signal
    std::string out, err;
};

inline std::string program_path() {
    const char* named = std::getenv("TOLLGATE_BINARY");
    return named != nullptr && *named != '\0' ? named : TOLLGATE_BUILT_BINARY;
}

inline std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

// Output goes through files in `folder`, so that no pipe can fill up.
inline ended run_program(const std::string& folder, const std::vector<std::string>& arguments) {
    const std::string program = program_path(), out = folder + "/stdout", err = folder + "/stderr";
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&files, 2, err.c_str(), flags, 0600);
    pid_t child = 0;
    const int failed = posix_spawn(&child, program.c_str(), &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0) throw std::runtime_error("cannot run " + program);
    int status = 0;
    waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(out), text_of(err)};
}

}
