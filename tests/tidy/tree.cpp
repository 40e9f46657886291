#include <tidy/tree.hpp>

#include <tidy/exceptions.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace tollgate::tidy {

namespace fs = std::filesystem;

namespace {

constexpr std::array skipped_folders{".git", "build", "var", "node_modules", "data", "corpus", ".cache", ".vscode"};

constexpr std::array text_endings{".cpp", ".hpp", ".md",    ".yaml", ".yml",       ".json",
                                  ".sh",  ".mjs", ".lua",   ".txt",  ".sql",       ".html",
                                  ".css", ".js",  ".cmake", ".conf", "Dockerfile", "Makefile"};

bool is_text(std::string_view path) {
    return std::ranges::any_of(text_endings, [&](std::string_view ending) { return path.ends_with(ending); });
}

bool is_skipped(const fs::path& folder) {
    const std::string name = folder.filename().string();
    return std::ranges::find(skipped_folders, name) != skipped_folders.end();
}

std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool excuses(const exception_row& row, const finding& f) { return row.rule == f.rule && row.path == f.path; }

// Names in the map: "`src/NAME/`" or a table row that begins with "| `NAME/`".
std::set<std::string> mapped_folders(const source_file& map) {
    std::set<std::string> names;
    for (const std::string& line : map.lines) {
        if (!line.starts_with("| `")) continue;
        const std::size_t end = line.find("/`", 3);
        if (end != std::string::npos) names.insert(line.substr(3, end - 3));
    }
    return names;
}

}

std::vector<source_file> read_tree(const std::string& root) {
    std::vector<source_file> files;
    auto at = fs::recursive_directory_iterator(root);
    for (; at != fs::recursive_directory_iterator(); ++at) {
        if (at->is_directory() && is_skipped(at->path())) {
            at.disable_recursion_pending();
            continue;
        }
        const std::string path = fs::relative(at->path(), root).generic_string();
        if (at->is_regular_file() && is_text(path)) files.push_back(read_source(path, contents(at->path())));
    }
    std::ranges::sort(files, {}, &source_file::path);
    return files;
}

std::vector<finding> check_map(const std::vector<source_file>& tree, const source_file& map) {
    std::set<std::string> folders;
    for (const source_file& file : tree) {
        if (!file.path.starts_with("src/")) continue;
        const std::size_t slash = file.path.find('/', 4);
        if (slash != std::string::npos) folders.insert(file.path.substr(4, slash - 4));
    }
    const std::set<std::string> mapped = mapped_folders(map);
    std::vector<finding> found;
    for (const std::string& name : folders) {
        if (!mapped.contains(name)) found.push_back({"map", map.path, 0, "does not name src/" + name + "/"});
    }
    for (const std::string& name : mapped) {
        const bool header_only = std::ranges::any_of(
            tree, [&](const source_file& file) { return file.path.starts_with("include/tollgate/" + name + "/"); });
        if (!folders.contains(name) && !header_only) {
            found.push_back({"map", map.path, 0, "names " + name + "/, which is not there"});
        }
    }
    return found;
}

std::vector<finding> without_exceptions(const std::vector<finding>& all) {
    std::vector<finding> left;
    for (const finding& f : all) {
        if (!std::ranges::any_of(exceptions, [&](const exception_row& row) { return excuses(row, f); }))
            left.push_back(f);
    }
    return left;
}

std::vector<finding> idle_exceptions(const std::vector<finding>& all) {
    std::vector<finding> idle;
    for (const exception_row& row : exceptions) {
        if (std::ranges::any_of(all, [&](const finding& f) { return excuses(row, f); })) continue;
        idle.push_back({"exception", std::string(row.path), 0, "excuses nothing under " + std::string(row.rule)});
    }
    return idle;
}

std::string report(const std::vector<finding>& found) {
    std::string text;
    for (const finding& f : found) {
        text += f.path;
        if (f.line != 0) text += ":" + std::to_string(f.line);
        text += ": " + f.rule + ": " + f.what + "\n";
    }
    return text;
}

}
