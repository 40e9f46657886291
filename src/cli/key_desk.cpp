#include "key_desk.hpp"

namespace tollgate::cli {

outcome_of<key_desk> open_key_desk(const config::settings& settings, const context& at) {
    auto database = open_ready(settings);
    if (!database) return std::unexpected(database.error());
    auto secrets = taken((*database)->open_keys());
    if (!secrets) return std::unexpected(secrets.error());
    const auto pepper = taken(keys::pepper_of(**secrets, settings.keys.pepper));
    if (!pepper) return std::unexpected(pepper.error());
    auto store = taken((*database)->open_admin());
    if (!store) return std::unexpected(store.error());
    keys::key_admin admin(**store, keys::key_hasher(*pepper), at.world.now, settings.keys.prefix);
    return key_desk(std::move(*database), std::move(*store), std::move(admin));
}

outcome_of<key_desk> open_key_desk(const context& at) {
    const auto settings = read_settings(at);
    if (!settings) return std::unexpected(settings.error());
    return open_key_desk(*settings, at);
}

std::unexpected<failure> key_failed(const error& why) {
    if (why.code == errc::ledger_unavailable) return store_failed({store_fault::unavailable, why.detail});
    if (why.code == errc::path_not_found)
        return refuse(why.detail + "\n`tollgate keys list` shows the keys there are.");
    return refuse(why.detail);
}

}
