// The tokens of the admin API.
#include "settings_fields.hpp"

#include <set>

namespace tollgate::config {

namespace {

// A `role` that could not be read has been reported already.
void check_token(const node& item, const admin_token& read, context& at) {
    for (const std::string_view key : {"token", "name", "role"}) require(item, key, at);
    const node* secret = item.find("token");
    if (secret != nullptr && !secret->broken && is_weak_token(read.token))
        at.error(*secret, "this token is easy to guess: use at least " + std::to_string(limits::admin_token_bytes_min) +
                              " bytes, such as `openssl rand -hex 24`");
}

void check_names(const node& where, const admin_settings& read, context& at) {
    std::set<std::string_view> names, secrets;
    if (!read.token.empty()) {
        names.insert("admin"); // what `admin.token` is called
        secrets.insert(read.token);
    }
    for (const admin_token& each : read.tokens) {
        if (each.name.empty() || each.token.empty()) continue;
        if (!names.insert(each.name).second)
            at.error(where, "two admin tokens have the name `" + each.name + "`: the audit could not tell them apart");
        if (!secrets.insert(each.token).second)
            at.error(where, "the admin token of `" + each.name + "` is another one's too");
    }
}

}

std::optional<std::vector<admin_role>> read_roles(node& value, context& at) {
    std::vector<admin_role> roles;
    const auto take = [&](node& one) {
        if (const auto role = read_choice<admin_roles>(one, at)) roles.push_back(*role);
    };
    if (value.what == node::kind::list)
        std::ranges::for_each(value.items, take);
    else
        take(value);
    if (roles.empty()) {
        if (value.what == node::kind::list && value.items.empty()) at.error(value, "needs at least one role");
        return std::nullopt;
    }
    return roles;
}

std::optional<std::vector<admin_token>> read_admin_tokens(node& value, context& at) {
    if (value.what != node::kind::list) {
        at.error(value, "must be a list of {token, name, role}");
        return std::nullopt;
    }
    if (value.items.size() > limits::admin_tokens_max) {
        at.error(value, "names more than " + std::to_string(limits::admin_tokens_max) + " tokens");
        return std::nullopt;
    }
    std::vector<admin_token> all;
    for (node& item : value.items) {
        admin_token& one = all.emplace_back();
        read_object(item, admin_token_fields, one, at);
        if (item.what == node::kind::map) check_token(item, one, at);
    }
    return all;
}

bool is_weak_token(std::string_view token) {
    constexpr std::string_view known[] = {
        "administrator-token",  "your-token-goes-here",  "changemechangeme",     "change-me-change-me",
        "0123456789abcdef",     "adminadminadminadmin",  "tollgate-admin-token", "example-admin-token",
        "passwordpassword",     "secretsecretsecret",    "1234567890123456",     "12345678901234567890",
        "aaaaaaaaaaaaaaaa",     "xxxxxxxxxxxxxxxx",      "0000000000000000",     "default-admin-token",
        "insecure-admin-token", "your-admin-token-here", "replace-this-token",   "test-token-test-token",
    };
    if (token.size() < limits::admin_token_bytes_min) return true; // "admin", "changeme", "secret" and all the others
    std::string lower(token);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    const bool one_byte = lower.find_first_not_of(lower.front()) == std::string::npos;
    return one_byte || std::ranges::find(known, std::string_view(lower)) != std::end(known);
}

void check_admin(const node& document, const admin_settings& read, context& at) {
    const node* section = document.find("admin");
    const node& where = section != nullptr ? *section : document;
    check_names(where, read, at);
    const bool weak = is_weak_token(read.token) && (!read.token.empty() || read.tokens.empty());
    if (!is_loopback(read.listen)) {
        if (weak)
            at.error(where, "`admin.listen` is reachable from outside, so `admin.token` must be set and hard to guess, "
                            "with at least " +
                                std::to_string(limits::admin_token_bytes_min) + " bytes");
        else
            at.warn(where, "`admin.listen` is reachable from outside, and answers in plain HTTP");
    } else if (read.token.empty() && read.tokens.empty()) {
        at.warn(where, "`admin.token` is empty: the admin API is off, only health and metrics are served");
    } else if (weak) {
        at.warn(where, "`admin.token` is easy to guess");
    }
}

}
