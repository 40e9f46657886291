#pragma once

// Errors of the admin listener (RFC 9457).

#include <tollgate/ports/exchange.hpp>

#include <string>
#include <utility>
#include <vector>

namespace tollgate::admin {

struct problem {
    int status = 500;
    std::string code;                                         // "not_found": the type is "urn:tollgate:problem:" and it
    std::string title;                                        // the same for every problem of this code
    std::string detail;                                       // of this one; may be empty
    std::vector<std::pair<std::string, std::string>> members; // further ones
    std::vector<std::pair<std::string, std::string>> json_members; // whose values are JSON already
    std::vector<std::pair<std::string, std::string>> fields;       // of the answer's head
};

std::string to_json(const problem& what);
task<> send_problem(ports::exchange& x, const problem& what);

}
