#include <tidy/banned.hpp>

#include <cctype>
#include <string>

namespace tollgate::tidy {

namespace {

struct banned_word {
    std::string_view word;
    std::string_view why;
    std::string_view allowed_below = {}; // a folder that may use it
};

constexpr banned_word banned_words[] = {
    {"detached", "swallows exceptions: use a completion handler that reports", "src/runtime/"},
    {"awaitable_operators", "|| and && lose failures: use runtime/"},
    {"sleep_for", "wait for an event, or take the clock port"},
    {"sleep_until", "wait for an event, or take the clock port"},
    {"usleep", "wait for an event, or take the clock port"},
    {"system_clock::now", "take the clock port"},
    {"gettimeofday", "take the clock port"},
    {"std::rand", "take the rng port"},
    {"srand", "take the rng port"},
    {"parser.get()", "async_read on the message ignores the parser's limits"},
    {"parser_.get()", "async_read on the message ignores the parser's limits"},
    {"parser->get()", "async_read on the message ignores the parser's limits"},
    {"using namespace std;", "name what you use"},
    {"std::regex", "slow and unbounded: parse by hand"},
    {"<regex>", "slow and unbounded: parse by hand"},
    {"<format>", "not in libstdc++ 12"},
    {"<print>", "not in libstdc++ 12"},
    {"<generator>", "not in libstdc++ 12"},
    {"GTEST_SKIP", "a test that may not run proves nothing"},
    {"synchronous_commit", "durability is not negotiable", "tests/"},
};

// No floating point where money is.
constexpr std::string_view exact_layers[] = {"src/core/",   "include/tollgate/core/",   "src/policy/",
                                             "src/ledger/", "include/tollgate/policy/", "include/tollgate/ledger/"};

// Spelled in pieces, so that this file does not find itself.
std::vector<std::string> forbidden_texts() {
    const std::string slash = "/", dot = ".";
    return {slash + "work" + slash,       slash + "root" + slash, slash + "home" + slash,   "registry" + dot + "npmjs",
            "deb" + dot + "debian" + dot, "pypi" + dot + "org",   "proxy" + dot + "golang", "crates" + dot + "io"};
}

bool reads_the_clock(std::string_view path) { return path.find("clock") != std::string_view::npos; }

bool in_exact_layer(std::string_view path) {
    for (const std::string_view layer : exact_layers) {
        if (path.starts_with(layer)) return true;
    }
    return false;
}

// "TODO(12)" and "TODO #12" are promises somebody can look up; a bare one is not.
bool has_bare_todo(std::string_view line) {
    static const std::string word = std::string("TO") + "DO";
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos || !has_word(line, word)) return false;
    std::string_view rest = line.substr(at + word.size());
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '(' || rest.front() == '#')) rest.remove_prefix(1);
    return rest.empty() || std::isdigit(static_cast<unsigned char>(rest.front())) == 0;
}

}

std::vector<finding> check_banned_code(const source_file& file) {
    std::vector<finding> found;
    if (!is_cpp(file.path) || file.path.starts_with("tests/tidy/")) return found;
    for (std::size_t i = 0; i < file.code.size(); ++i) {
        const std::string& line = file.code[i];
        for (const banned_word& ban : banned_words) {
            if (!has_word(line, ban.word)) continue;
            if (!ban.allowed_below.empty() && file.path.starts_with(ban.allowed_below)) continue;
            if (ban.word == "system_clock::now" && reads_the_clock(file.path)) continue;
            found.push_back({"banned", file.path, i + 1, std::string(ban.word) + ": " + std::string(ban.why)});
        }
        if (in_exact_layer(file.path) && (has_word(line, "double") || has_word(line, "float"))) {
            found.push_back({"floating-point", file.path, i + 1, "money and counts are integers"});
        }
    }
    return found;
}

std::vector<finding> check_forbidden_text(const source_file& file) {
    static const std::vector<std::string> texts = forbidden_texts();
    std::vector<finding> found;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        for (const std::string& text : texts) {
            if (file.lines[i].find(text) == std::string::npos) continue;
            found.push_back({"text", file.path, i + 1, "names a machine or a registry: " + text});
        }
        if (is_cpp(file.path) && has_bare_todo(file.lines[i])) {
            found.push_back({"todo", file.path, i + 1, "give it a number or do it"});
        }
    }
    return found;
}

}
