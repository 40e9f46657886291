// "Did you mean": edit distance with swaps of neighbours, whatever the case.
#include <tollgate/config/reader.hpp>

namespace tollgate::config {

namespace {

constexpr std::size_t length_max = 64; // of a name worth a suggestion; bounds the work

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(char a, char b) { return lower(a) == lower(b); }

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = row[j - 1] + !same(a[i - 1], b[j - 1]);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
            if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before.swap(row);
        row.swap(next);
    }
    return row[b.size()];
}

// The shortest known name that the given one is the beginning or the end of, by words: `hard_stop` for `hard_stop_usd`.
std::string_view longer_by_words(std::string_view given, std::span<const std::string_view> known) {
    constexpr std::string_view between = "_-";
    std::string_view best;
    for (const std::string_view name : known) {
        if (given.empty() || name.size() <= given.size()) continue;
        const std::size_t more = name.size() - given.size();
        const bool begins = name.starts_with(given) && between.contains(name[given.size()]);
        const bool ends = name.ends_with(given) && between.contains(name[more - 1]);
        if ((begins || ends) && (best.empty() || name.size() < best.size())) best = name;
    }
    return best;
}

}

std::string_view nearest(std::string_view given, std::span<const std::string_view> known) {
    if (given.size() > length_max) return {};
    std::string_view best = longer_by_words(given, known);
    if (!best.empty()) return best;
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
