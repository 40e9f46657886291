#include <tollgate/config/problem.hpp>

#include <algorithm>

namespace tollgate::config {

std::string to_text(const problem& what) {
    if (what.line == 0) return what.file + ": " + what.message;
    return what.file + ":" + std::to_string(what.line) + ":" + std::to_string(what.column) + ": " + what.message;
}

void tidy(std::vector<problem>& list) {
    std::ranges::sort(list);
    const auto repeated = std::ranges::unique(list);
    list.erase(repeated.begin(), repeated.end());
}

}
