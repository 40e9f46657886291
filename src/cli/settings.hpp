#pragma once

// The configuration as commands need it.

#include "command.hpp"

#include <tollgate/config/load.hpp>
#include <tollgate/config/settings.hpp>

namespace tollgate::cli {

template <class T>
using outcome_of = std::expected<T, failure>;

// --config, or the first default place that has a file.
outcome_of<std::string> config_path(const context& at);

// tollgate.yaml alone: a key can be revoked while somebody's policy does not load.
outcome_of<config::settings> read_settings(const context& at);

// Everything, all or nothing.
outcome_of<config::loaded> load_all(const context& at);

}
