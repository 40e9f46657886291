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

}

void read_settings(node& document, settings& into, context& at) {
    read_object(document, settings_fields, into, at);
    check_tls(document, into, at);
    check_admin(document, into.admin, at);
}

}
