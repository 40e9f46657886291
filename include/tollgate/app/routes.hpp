#pragma once

// THE list of data-plane routes is src/app/route_table.cpp.

#include <tollgate/app/services.hpp>
#include <tollgate/ports/exchange.hpp>

#include <span>
#include <string_view>

namespace tollgate::app {

struct route {
    std::string_view method;
    std::string_view path; // ends in "/*" when one more segment follows
    task<> (*handle)(services&, ports::exchange&);
};

std::span<const route> routes();

// Finds the route and runs it; 404 and 405 in OpenAI's shape otherwise.
task<> dispatch(services& use, ports::exchange& x);

}
