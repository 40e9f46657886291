#pragma once

// The folder that outlives the process: who this process is on the ledger, and its outbox. One process a folder.

#include <string>

namespace tollgate {

class state_dir {
public:
    // Creates it when it is missing. Throws std::runtime_error when it cannot be used or another process holds it.
    explicit state_dir(std::string path);
    ~state_dir();
    state_dir(const state_dir&) = delete;
    state_dir& operator=(const state_dir&) = delete;

    // Names this process on its reservations, the same over restarts: what an earlier life held can be ended at start.
    const std::string& node() const { return node_; }
    std::string outbox_path() const { return path_ + "/outbox.log"; }

private:
    std::string path_, node_;
    int lock_ = -1;
};

}
