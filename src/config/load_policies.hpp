#pragma once

// The folder of policies: one tenant a file, many files, several threads.

#include <tollgate/config/load.hpp>

namespace tollgate::config {

struct policy_folder {
    const std::string& path;
    const tollgate::catalog& models;
    const load_options& how;
    const references& known;
};

struct read_policies {
    std::shared_ptr<const policy::policy_set> policies;
    std::shared_ptr<const template_map> templates;
    std::unordered_map<std::string, policy_source> sources;
    std::size_t files = 0;
};

// Templates keep views into names that this owns: see template_map in the result.
read_policies load_policies(const policy_folder& from, context& at);

}
