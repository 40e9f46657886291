#include <tidy/sizes.hpp>

#include <algorithm>
#include <string>

namespace tollgate::tidy {

namespace {

// Characters, not bytes: continuation bytes of UTF-8 do not count.
std::size_t columns(std::string_view line) {
    std::size_t count = 0;
    for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    return count;
}

bool starts_with_word(std::string_view text, std::string_view word) {
    return text.starts_with(word) &&
           (text.size() == word.size() || text[word.size()] == ' ' || text[word.size()] == '{');
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\n')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
    return text;
}

// What stands between the previous ';', '{' or '}' and this '{' tells whether a function body opens.
bool opens_function(std::string_view head) {
    head = trimmed(head);
    while (head.starts_with("template")) {
        std::size_t depth = 0, at = head.find('<');
        if (at == std::string_view::npos) break;
        for (; at < head.size(); ++at) {
            if (head[at] == '<') ++depth;
            if (head[at] == '>' && --depth == 0) break;
        }
        head = trimmed(head.substr(std::min(at + 1, head.size())));
    }
    for (const std::string_view word :
         {"namespace", "class", "struct", "union", "enum", "extern", "inline namespace"}) {
        if (starts_with_word(head, word)) return false;
    }
    return head.find('(') != std::string_view::npos && !head.ends_with('=') && !head.ends_with(',');
}

// Follows the braces of a file; reports each outermost function with its length.
class function_scanner {
public:
    explicit function_scanner(const source_file& file) : file_(file) {}

    std::vector<finding> run() {
        for (line_ = 0; line_ < file_.code.size(); ++line_) {
            const std::string& text = file_.code[line_];
            if (text.starts_with('#')) continue;
            for (const char c : text) take(c);
            head_.push_back('\n');
        }
        return std::move(found_);
    }

private:
    void take(char c) {
        if (c == '{') return open();
        if (c == '}') return close();
        if (c == ';' && function_depth_ == 0) {
            after_body_ = false;
            head_.clear();
        } else {
            head_.push_back(c);
        }
    }

    void open() {
        ++depth_;
        if (function_depth_ == 0 && (opens_function(head_) || continues_initializers())) {
            function_depth_ = depth_;
            function_line_ = line_;
        }
        after_body_ = false;
        head_.clear();
    }

    // "a() : b_{1}, c_{2} {": what looked like a body was an initializer, and the body is still to come.
    bool continues_initializers() const {
        const std::string_view head = trimmed(head_);
        return after_body_ && (head.empty() || head.starts_with(','));
    }

    void close() {
        if (function_depth_ != 0 && depth_ == function_depth_) {
            const std::size_t length = line_ - function_line_ + 1;
            if (length > function_lines_max) {
                found_.push_back({"function-size", file_.path, function_line_ + 1,
                                  std::to_string(length) + " lines, at most " + std::to_string(function_lines_max)});
            }
            function_depth_ = 0;
            after_body_ = true;
        }
        if (depth_ > 0) --depth_;
        head_.clear();
    }

    const source_file& file_;
    std::size_t line_ = 0, depth_ = 0, function_depth_ = 0, function_line_ = 0;
    bool after_body_ = false;
    std::string head_;
    std::vector<finding> found_;
};

}

std::vector<finding> check_sizes(const source_file& file) {
    if (!is_cpp(file.path)) return {};
    std::vector<finding> found = function_scanner(file).run();
    if (file.lines.size() > file_lines_max) {
        found.push_back({"file-size", file.path, 0,
                         std::to_string(file.lines.size()) + " lines, at most " + std::to_string(file_lines_max)});
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::size_t width = columns(file.lines[i]);
        if (width > line_columns_max) {
            found.push_back({"line-width", file.path, i + 1, std::to_string(width) + " columns"});
        }
    }
    return found;
}

}
