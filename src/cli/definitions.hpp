#pragma once

// Every command's definition; each group has a file of its own.

#include "command.hpp"

namespace tollgate::cli {

action define_serve(CLI::App& options);
action define_check(CLI::App& options);
action define_migrate(CLI::App& options);
action define_version(CLI::App& options);
action define_mock_upstream(CLI::App& options);

action define_keys_create(CLI::App& options);
action define_keys_list(CLI::App& options);
action define_keys_revoke(CLI::App& options);
action define_keys_rotate(CLI::App& options);

action define_balance_top_up(CLI::App& options);
action define_balance_grant(CLI::App& options);
action define_balance_adjust(CLI::App& options);
action define_balance_refund(CLI::App& options);
action define_balance_show(CLI::App& options);

action define_usage_export(CLI::App& options);

action define_prices_approve(CLI::App& options);
action define_prices_list(CLI::App& options);

action define_ledger_verify(CLI::App& options);
action define_ledger_show(CLI::App& options);

action define_decisions_show(CLI::App& options);
action define_decisions_replay(CLI::App& options);

action define_policy_diff(CLI::App& options);
action define_policy_simulate(CLI::App& options);

}
