#include "word_splitter.hpp"

#include "character_class.hpp"

#include <algorithm>

namespace tollgate::openai {

// The pattern, alternatives in order (U: upper, letter, mark; W: lower, letter, mark):
//   1  [^\r\n letter number]? U* W+ contraction?
//   2  [^\r\n letter number]? U+ W* contraction?
//   3  number{1,3}
//   4  ' '? [^ space letter number]+ [\r\n/]*
//   5  space* [\r\n]+
//   6  space+ not before a non-space
//   7  space+

namespace {

bool is_letter(character c) { return c == character::upper || c == character::lower || c == character::letter; }
bool is_space(character c) { return c == character::space || c == character::line_break; }
bool in_upper_run(character c) { return c == character::upper || c == character::letter || c == character::mark; }
bool in_lower_run(character c) { return c == character::lower || c == character::letter || c == character::mark; }
bool may_lead(character c) { return !is_letter(c) && c != character::number && c != character::line_break; }
bool is_symbol(character c) { return !is_letter(c) && !is_space(c) && c != character::number; }

template <class Accept>
std::size_t skip_while(std::string_view text, std::size_t at, Accept accept) {
    while (at < text.size()) {
        const decoded c = character_at(text, at);
        if (!accept(c.what)) break;
        at += c.size;
    }
    return at;
}

// 's 't 'm 'd 're 've 'll, in any case.
std::size_t skip_contraction(std::string_view text, std::size_t at) {
    if (at + 1 >= text.size() || text[at] != '\'') return at;
    const auto lower = [&](std::size_t i) { return i < text.size() ? static_cast<char>(text[i] | 0x20) : '\0'; };
    const char first = lower(at + 1), second = lower(at + 2);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    const bool two =
        (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
    return two ? at + 3 : at;
}

// Alternative 1 after its optional lead: U* W+. Returns `at` when it does not match. U* gives characters back until W+
// has one: the last character of the upper run that goes with both.
std::size_t lower_word(std::string_view text, std::size_t at) {
    std::size_t end = at, last_both = at;
    while (end < text.size()) {
        const decoded c = character_at(text, end);
        if (!in_upper_run(c.what)) break;
        end += c.size;
        if (in_lower_run(c.what)) last_both = end;
    }
    const std::size_t lower_end = skip_while(text, end, in_lower_run);
    return lower_end > end ? lower_end : last_both;
}

std::size_t upper_word(std::string_view text, std::size_t at) { return skip_while(text, at, in_upper_run); }

// Alternatives 1 and 2: with the lead taken first, then without it.
std::size_t word(std::string_view text, std::size_t at, decoded first) {
    const bool leads = may_lead(first.what);
    const std::size_t behind = leads ? at + first.size : at;
    for (const auto match : {lower_word, upper_word}) {
        std::size_t end = match(text, behind);
        if (end > behind) return skip_contraction(text, end);
        if (!leads) continue;
        end = match(text, at);
        if (end > at) return skip_contraction(text, end);
    }
    return at;
}

std::size_t number(std::string_view text, std::size_t at) {
    for (int digits = 0; digits < 3 && at < text.size(); ++digits) {
        const decoded c = character_at(text, at);
        if (c.what != character::number) break;
        at += c.size;
    }
    return at;
}

std::size_t symbols(std::string_view text, std::size_t at) {
    const std::size_t from = text[at] == ' ' ? at + 1 : at;
    std::size_t end = skip_while(text, from, is_symbol);
    if (end == from) return at;
    while (end < text.size() && (text[end] == '\r' || text[end] == '\n' || text[end] == '/')) ++end;
    return end;
}

// Alternatives 5 to 7.
std::size_t spaces(std::string_view text, std::size_t at) {
    std::size_t end = at, last = at, after_break = at;
    while (end < text.size()) {
        const decoded c = character_at(text, end);
        if (!is_space(c.what)) break;
        last = end;
        end += c.size;
        if (c.what == character::line_break) after_break = end;
    }
    if (after_break > at) return after_break;
    return end == text.size() || last == at ? end : last;
}

}

std::size_t end_of_piece(std::string_view text, std::size_t at) {
    const decoded first = character_at(text, at);
    std::size_t end = word(text, at, first);
    if (end == at && first.what == character::number) end = number(text, at);
    if (end == at) end = symbols(text, at);
    if (end == at) end = spaces(text, at);
    return std::max(end, at + first.size);
}

}
