#include <tollgate/admin/access.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/core/constant_time.hpp>

namespace tollgate::admin {

namespace {

std::string_view text_of(const store::key_hash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}

access_table::access_table(std::span<const admin_token> tokens) : hash_(keys::make_pepper()) {
    for (const admin_token& each : tokens)
        entries_.push_back({hash_(each.secret), {each.name, each.operate, each.money}});
}

const access_table::holder* access_table::find(std::string_view secret) {
    const store::key_hash hash = hash_(secret);
    const holder* found = nullptr;
    for (const entry& each : entries_)
        if (same_in_constant_time(text_of(each.hash), text_of(hash))) found = &each.who;
    return found;
}

bool access_table::holder::has(role needed) const {
    switch (needed) {
    case role::read: return true;
    case role::operate: return operate;
    case role::money: return money;
    }
    TG_ASSERT(false);
}

std::string_view name_of(role which) {
    switch (which) {
    case role::read: return "read";
    case role::operate: return "operate";
    case role::money: return "money";
    }
    TG_ASSERT(false);
}

}
