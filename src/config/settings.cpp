// tollgate.yaml: one line a setting.
#include "settings_fields.hpp"

namespace tollgate::config {

namespace {

void check_tls(const node& document, const settings& read, context& at) {
    const tls_settings& tls = read.server.tls;
    if (tls.cert.empty() == tls.key.empty()) return;
    const node* server = document.find("server");
    const node* section = server != nullptr ? server->find("tls") : nullptr;
    at.error(section != nullptr ? *section : document, "`cert` and `key` go together");
}

void check_admin(const node& document, const settings& read, context& at) {
    const node* section = document.find("admin");
    const node& where = section != nullptr ? *section : document;
    const bool known = is_well_known_token(read.admin.token);
    if (!is_loopback(read.admin.listen)) {
        if (known)
            at.error(where, "`admin.listen` is reachable from outside, so `admin.token` must be set and hard to guess");
        else
            at.warn(where, "`admin.listen` is reachable from outside, and answers in plain HTTP");
    } else if (read.admin.token.empty()) {
        at.warn(where, "`admin.token` is empty: every user of this machine may administer the gateway");
    } else if (known) {
        at.warn(where, "`admin.token` is one that everybody tries first");
    }
}

}

bool is_well_known_token(std::string_view token) {
    constexpr std::string_view known[] = {
        "",          "admin",       "administrator", "root",       "password",  "passwd",     "pass",
        "secret",    "token",       "changeme",      "change-me",  "change_me", "default",    "test",
        "testing",   "demo",        "dev",           "tollgate",   "letmein",   "123456",     "12345678",
        "123456789", "admin-token", "admin_token",   "admintoken", "example",   "your-token", "your-token-here",
        "insecure",  "replace-me",  "replaceme",     "todo",       "xxx",       "none",       "null",
        "true",      "adminadmin",
    };
    std::string lower(token);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return std::ranges::find(known, std::string_view(lower)) != std::end(known);
}

void read_settings(node& document, settings& into, context& at) {
    read_object(document, settings_fields, into, at);
    check_tls(document, into, at);
    check_admin(document, into, at);
}

}
