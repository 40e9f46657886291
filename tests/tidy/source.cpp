#include <tidy/source.hpp>

#include <cctype>
#include <utility>

namespace tollgate::tidy {

namespace {

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Walks C++ text and blanks what is not code. Raw strings, escapes and digit separators are known; trigraphs are not.
class blanker {
public:
    explicit blanker(std::string_view text) : text_(text) {}

    std::string run() {
        while (at_ < text_.size()) step();
        return std::move(out_);
    }

private:
    bool next_is(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
    void keep() { out_.push_back(text_[at_++]); }
    void blank() {
        out_.push_back(text_[at_] == '\n' ? '\n' : ' ');
        ++at_;
    }
    void blank_until(std::string_view end) {
        while (at_ < text_.size() && !next_is(end)) blank();
        for (std::size_t i = 0; i < end.size() && at_ < text_.size(); ++i) blank();
    }

    void step() {
        if (next_is("//")) {
            while (at_ < text_.size() && text_[at_] != '\n') blank();
        } else if (next_is("/*")) {
            blank_until("*/");
        } else if (next_is("R\"") && (at_ == 0 || !is_name(text_[at_ - 1]))) {
            raw_string();
        } else if (text_[at_] == '"') {
            literal('"');
        } else if (text_[at_] == '\'' && (at_ == 0 || !is_name(text_[at_ - 1]))) {
            literal('\'');
        } else {
            keep();
        }
    }

    void raw_string() {
        const std::size_t open = text_.find('(', at_);
        if (open == std::string_view::npos) return keep();
        const std::string end = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
        blank_until(end);
    }

    void literal(char quote) {
        keep();
        while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) blank();
            blank();
        }
        if (at_ < text_.size() && text_[at_] == quote) keep();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string out_;
};

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

// An include keeps its path: that literal is what the layer rule reads.
void restore_includes(source_file& file) {
    for (std::size_t i = 0; i < file.code.size(); ++i) {
        if (file.code[i].starts_with("#include")) file.code[i] = file.lines[i];
    }
}

}

bool is_cpp(std::string_view path) { return path.ends_with(".cpp") || path.ends_with(".hpp"); }

bool has_word(std::string_view line, std::string_view word) {
    for (std::size_t at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
        const bool starts = at == 0 || !is_name(line[at - 1]);
        const std::size_t after = at + word.size();
        const bool ends = after >= line.size() || !is_name(line[after]) || !is_name(word.back());
        if (starts && ends) return true;
    }
    return false;
}

source_file read_source(std::string path, std::string_view text) {
    source_file file{.path = std::move(path), .lines = split(text), .code = {}};
    if (is_cpp(file.path)) {
        file.code = split(blanker(text).run());
        restore_includes(file);
    }
    return file;
}

}
