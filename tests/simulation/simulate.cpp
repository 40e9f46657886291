// simulate --seed N --seeds K --steps M: K runs of M acts from seed N. Prints the first failing seed and how to see it
// again; exit 1.
#include "world.hpp"

#include <charconv>
#include <cstring>
#include <iostream>
#include <string>

namespace {

using namespace tollgate::simulation;

struct arguments {
    std::uint64_t seed = 1, seeds = 1;
    int steps = 40;
    bool trace = false;
};

template <class T>
bool read(const char* text, T& into) {
    const char* end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, into);
    return error == std::errc() && at == end;
}

bool parse(int count, char** words, arguments& out) {
    for (int i = 1; i < count; ++i) {
        const std::string name = words[i];
        if (name == "--trace") {
            out.trace = true;
            continue;
        }
        if (++i == count) return false;
        const bool good = name == "--seed"    ? read(words[i], out.seed)
                          : name == "--seeds" ? read(words[i], out.seeds)
                          : name == "--steps" ? read(words[i], out.steps)
                                              : false;
        if (!good) return false;
    }
    return out.steps > 0 && out.seeds > 0;
}

}

int main(int count, char** words) {
    arguments asked;
    if (!parse(count, words, asked)) {
        std::cerr << "usage: simulate [--seed N] [--seeds K] [--steps M] [--trace]\n";
        return 2;
    }
    tally all;
    for (std::uint64_t seed = asked.seed; seed < asked.seed + asked.seeds; ++seed) {
        options how;
        how.seed = seed;
        how.steps = asked.steps;
        how.trace = asked.trace ? &std::cout : nullptr;
        world run(how);
        const auto violation = run.run();
        all += run.counted();
        if (!violation) continue;
        std::cout << "seed " << seed << ": " << *violation << "\n"
                  << "again: simulate --seed " << seed << " --steps " << asked.steps << " --trace\n";
        return 1;
    }
    std::cout << asked.seeds << " seeds from " << asked.seed << ": " << all.requests << " requests, " << all.admitted
              << " admitted, " << all.refused << " refused, " << all.kills << " kills, " << all.commits << " commits, "
              << all.faults << " store faults, " << all.expired << " expired, " << all.late << " late, " << all.overages
              << " overages, " << all.replayed << " outbox records replayed\n";
    return 0;
}
