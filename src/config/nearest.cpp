// "Did you mean": edit distance with swaps of neighbours.
#include <tollgate/config/reader.hpp>

namespace tollgate::config {

namespace {

constexpr std::size_t length_max = 64; // of a name worth a suggestion; bounds the work

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = row[j - 1] + (a[i - 1] != b[j - 1]);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before.swap(row);
        row.swap(next);
    }
    return row[b.size()];
}

}

std::string_view nearest(std::string_view given, std::span<const std::string_view> known) {
    if (given.size() > length_max) return {};
    std::string_view best;
    std::size_t least = std::max<std::size_t>(2, given.size() / 3) + 1;
    for (const std::string_view name : known) {
        if (name.size() > length_max) continue;
        const std::size_t found = distance(given, name);
        if (found < least) {
            least = found;
            best = name;
        }
    }
    // A distance of the whole word says nothing.
    return least < std::max(given.size(), best.size()) ? best : std::string_view();
}

}
