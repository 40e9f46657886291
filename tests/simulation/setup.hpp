#pragma once

// The catalogue and the tenants of a run. Few names and tight limits, so that requests meet each other.

#include "random.hpp"
#include "request.hpp"

#include <tollgate/app/services.hpp>

#include <map>
#include <memory>
#include <vector>

namespace tollgate::simulation {

inline constexpr std::string_view agents[] = {"", "a1", "a2"};
inline constexpr std::string_view features[] = {"", "support"};

std::shared_ptr<const app::configuration> make_configuration(random_source& random);
rates rates_of(const policy::tenant_policy& policy);
// Hard limits that some request of the tenant meets, each once.
std::vector<limit_check> hard_limits(const policy::tenant_policy& policy);
// A request of one of the tenants; `number` names it.
std::unique_ptr<request> make_request(random_source& random, const app::configuration& config, int number);

}
