#pragma once

// How far long work has come, on one line that is rewritten and removed at the end.

#include <cstddef>
#include <ostream>
#include <string>

namespace tollgate::cli {

class progress {
public:
    // `shown`: the stream is a terminal. Otherwise nothing is ever written.
    progress(std::ostream& out, bool shown, std::string what) : out_(out), shown_(shown), what_(std::move(what)) {}
    ~progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    // `total` may grow; 0: not known, then the count alone is shown.
    void at(std::size_t done, std::size_t total);

private:
    std::ostream& out_;
    bool shown_;
    std::string what_, line_;
};

}
