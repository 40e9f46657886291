#pragma once

// Who may do what through the admin API: bearer tokens with roles.

#include <tollgate/keys/secret.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::admin {

// Every token may look; `operate` and `money` do not imply each other.
enum class role : std::uint8_t { read, operate, money };

struct admin_token {
    std::string name; // what the audit calls its holder
    std::string secret;
    bool operate = false, money = false;
};

// Keeps hashes under a key that this process alone has. One thread.
class access_table {
public:
    explicit access_table(std::span<const admin_token> tokens);

    bool empty() const { return entries_.empty(); }

    struct holder {
        std::string name;
        bool operate = false, money = false;
        bool has(role needed) const;
    };
    // Null: nobody's token. Looks at every entry whatever it finds, so that the time tells nothing.
    const holder* find(std::string_view secret);

private:
    struct entry {
        store::key_hash hash;
        holder who;
    };
    keys::key_hasher hash_;
    std::vector<entry> entries_;
};

std::string_view name_of(role which);

}
