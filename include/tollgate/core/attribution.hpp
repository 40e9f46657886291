#pragma once

// To whom and to what a request's cost is attributed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tollgate {

enum class dimension : std::uint8_t {
    tenant,
    workspace,
    key,
    feature,
    agent,
    end_user,
    session,
    model,
    tier,
    provider,
    environment,
    request_class
};
inline constexpr std::size_t dimensions = 12;

std::string_view name_of(dimension d);
std::optional<dimension> parse_dimension(std::string_view name);

struct attribution {
    std::string tenant, workspace, key, feature, agent, end_user, session, model, tier, provider, environment,
        request_class;
    // The first key of the chain of rotations that `key` stands in: what counters of a key count by, so that a rotation
    // refills none. Empty: the key itself.
    std::string key_family;
    const std::string& of(dimension d) const; // of a key: its family
};

}
