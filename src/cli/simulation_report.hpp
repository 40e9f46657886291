#pragma once

// What a simulation found, for people and as JSON.

#include "json.hpp"

#include <tollgate/app/tallies.hpp>
#include <tollgate/core/time.hpp>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace tollgate::cli {

struct simulated_range {
    instant from, to;
    std::size_t top = 10;                                      // rows of a table
    std::vector<std::pair<std::string, std::string>> policies; // tenant, version
};

json to_json(const app::tallies& found, const simulated_range& range);
void print_simulated(std::ostream& out, const app::tallies& found, const simulated_range& range);

}
