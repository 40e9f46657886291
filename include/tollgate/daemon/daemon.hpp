#pragma once

// The gateway as a process.

#include <string>

namespace tollgate {

struct serve_options {
    std::string config_path;
    std::string ready_file; // written once the listeners accept; empty: none
};

// Runs until SIGTERM or SIGINT and returns the exit code of the process. Failures of start-up are reported on stderr.
int run_daemon(const serve_options& options);

}
