// ${NAME}, ${NAME:-default}, ${file:/path} in string values.
#include <tollgate/config/node.hpp>
#include <tollgate/core/limits.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tollgate::config {

namespace {

bool is_variable_name(std::string_view name) {
    constexpr std::string_view first = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    if (name.empty() || first.find(name.front()) == std::string_view::npos) return false;
    return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
           std::string_view::npos;
}

std::expected<std::string, std::string> resolve(std::string_view inside, const references& known) {
    if (inside.starts_with("file:")) {
        const std::string_view path = inside.substr(5);
        auto content = known.file(path);
        if (!content) return std::unexpected("cannot read the file `" + std::string(path) + "`");
        return std::move(*content);
    }
    const auto colon = inside.find(":-");
    const std::string_view name = inside.substr(0, colon);
    if (!is_variable_name(name))
        return std::unexpected("`${" + std::string(inside) +
                               "}` names neither a variable nor a file (`${file:/path}`)");
    auto value = known.variable(name);
    if (colon != std::string_view::npos && (!value || value->empty())) return std::string(inside.substr(colon + 2));
    if (!value) return std::unexpected("the environment variable `" + std::string(name) + "` is not set");
    return std::move(*value);
}

std::optional<std::string> read_secret(const std::filesystem::path& path) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) return std::nullopt;
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    std::string content(limits::secret_file_bytes_max + 1, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(in.gcount()));
    if (content.size() > limits::secret_file_bytes_max) return std::nullopt;
    while (content.ends_with('\n') || content.ends_with('\r')) content.pop_back(); // what an editor adds
    return content;
}

}

std::expected<std::string, std::string> substitute(std::string_view text, const references& known) {
    std::string out;
    while (true) {
        const auto at = text.find("${");
        if (at == std::string_view::npos) break;
        if (at > 0 && text[at - 1] == '$') {
            out.append(text.substr(0, at - 1)).append("${");
            text.remove_prefix(at + 2);
            continue;
        }
        const auto end = text.find('}', at);
        if (end == std::string_view::npos) return std::unexpected("`${` without its `}`");
        auto value = resolve(text.substr(at + 2, end - at - 2), known);
        if (!value) return value;
        out.append(text.substr(0, at)).append(*value);
        text.remove_prefix(end + 1);
    }
    return out.append(text);
}

references references::kept() {
    references known;
    known.variable = [](std::string_view name) { return "${" + std::string(name) + "}"; };
    known.file = [](std::string_view path) { return "${file:" + std::string(path) + "}"; };
    return known;
}

references references::of_process(std::string folder) {
    references known;
    known.variable = [](std::string_view name) -> std::optional<std::string> {
        const char* value = std::getenv(std::string(name).c_str());
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
    known.file = [folder = std::move(folder)](std::string_view path) {
        return read_secret(std::filesystem::path(folder) / std::filesystem::path(path));
    };
    return known;
}

}
