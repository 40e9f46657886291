#include "disk.hpp"

#include <algorithm>

namespace tollgate::simulation {

void disk::kill(random_source& random) {
    if (tail && random.chance(500)) records.push_back(std::move(*tail));
    tail.reset();
}

bool sim_journal::append(std::string_view record) {
    if (!alive_()) return false;
    if (random_.chance(on_.failing_permille)) {
        on_.failed_once = true;
        on_.tail.reset();
        if (random_.chance(500)) on_.tail = std::string(record); // written, not synced
        return false;
    }
    on_.tail.reset(); // overwritten
    if (!on_.lies) on_.records.emplace_back(record);
    return true;
}

void sim_journal::read(const std::function<bool(std::string_view record)>& take) {
    for (std::size_t i = head_; i < on_.records.size(); ++i)
        if (!take(on_.records[i])) return;
}

void sim_journal::drop(std::size_t records) {
    if (!alive_()) return;
    head_ = std::min(on_.records.size(), head_ + records);
    if (head_ < on_.records.size()) return;
    on_.records.clear();
    head_ = 0;
}

void sim_journal::repeat_any(random_source& random) {
    const std::string again = on_.records[random.index(on_.records.size())];
    on_.records.push_back(again);
}

}
