#pragma once

// The outbox file of one process, as a disk keeps it: a record is there for certain only when append said so. What a
// kill leaves of a failed append is anybody's guess, and records that were dropped come back until the file was empty.

#include "random.hpp"

#include <tollgate/ports/journal.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tollgate::simulation {

struct disk {
    std::vector<std::string> records; // durable, dropped ones included
    std::optional<std::string> tail;  // of an append that failed: may or may not be whole
    int failing_permille = 0;         // of appends
    bool failed_once = false;         // an ending may have been in memory alone
    bool lies = false;                // planted: says durable and forgets

    void kill(random_source& random); // what stays after a kill is decided
};

// One life's view of its disk. Inert once that life is over.
class sim_journal final : public ports::journal {
public:
    sim_journal(disk& on, random_source random, std::function<bool()> alive)
        : on_(on), random_(random), alive_(std::move(alive)) {}

    bool append(std::string_view record) override;
    void read(const std::function<bool(std::string_view record)>& take) override;
    void drop(std::size_t records) override;
    std::size_t size() const override { return on_.records.size() - head_; }

    void repeat_any(random_source& random); // a duplicated message: appends a record of this file again

private:
    disk& on_;
    random_source random_;
    std::function<bool()> alive_;
    std::size_t head_ = 0;
};

}
