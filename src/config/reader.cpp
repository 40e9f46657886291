#include <tollgate/config/reader.hpp>
#include <tollgate/core/limits.hpp>

namespace tollgate::config {

namespace {

void append(std::vector<problem>& list, const node& where, std::uint32_t line, std::uint32_t column,
            std::string message) {
    if (list.size() >= limits::config_problems_max) return;
    list.push_back({std::string(where.file), line, column, std::move(message)});
}

std::string suggestion(std::string_view given, std::span<const std::string_view> known) {
    const std::string_view near = nearest(given, known);
    return near.empty() ? std::string() : "; did you mean `" + std::string(near) + "`?";
}

constexpr std::size_t shown_bytes_max = 80;

std::string cut(const std::string& text) {
    return text.size() <= shown_bytes_max ? text : text.substr(0, shown_bytes_max) + "...";
}

}

void context::error(const node& where, std::string message) {
    append(errors, where, where.line, where.column, std::move(message));
}

void context::warn(const node& where, std::string message) {
    append(warnings, where, where.line, where.column, std::move(message));
}

void context::error_at_key(const node& map, const node::member& where, std::string message) {
    append(errors, map, where.line, where.column, std::move(message));
}

void refuse_unknown(const node& map, const node::member& found, std::span<const std::string_view> known, context& at) {
    at.error_at_key(map, found, "unknown key `" + cut(found.key) + "`" + suggestion(found.key, known));
}

void refuse_empty(const node& map, const node::member& found, context& at) {
    at.error_at_key(map, found, "`" + found.key + "` has no value");
}

void refuse_choice(const node& value, std::span<const std::string_view> names, context& at) {
    std::string all;
    for (const std::string_view name : names) all.append(all.empty() ? "" : ", ").append(name);
    if (value.what != node::kind::scalar) return at.error(value, "must be one of " + all);
    at.error(value, "`" + cut(value.shown()) + "` is not one of " + all + suggestion(value.text, names));
}

bool is_map(const node& value, context& at) {
    if (value.what == node::kind::map) return true;
    if (value.what != node::kind::null) at.error(value, "must hold `key: value` lines");
    return false;
}

bool require(const node& map, std::string_view key, context& at) {
    if (map.find(key) != nullptr) return true;
    at.error(map, "`" + std::string(key) + "` is missing");
    return false;
}

}
