#pragma once

// What is wrong with a file, and where. Lines and columns count from one.

#include <cstdint>
#include <string>
#include <vector>

namespace tollgate::config {

struct problem {
    std::string file;
    std::uint32_t line = 0, column = 0; // 0: the file as a whole
    std::string message;                // for a person; never the value of a secret
    friend auto operator<=>(const problem&, const problem&) = default;
};

// "config/prices.yaml:12:5: message"
std::string to_text(const problem& what);

// Sorts by place and removes repetitions: a template's problem would else appear once for every tenant.
void tidy(std::vector<problem>& list);

}
