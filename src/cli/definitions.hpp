#pragma once

// Every command's definition; each group has a file of its own.

#include "command.hpp"

namespace tollgate::cli {

action define_serve(option_list& options);
action define_check(option_list& options);
action define_migrate(option_list& options);
action define_version(option_list& options);
action define_mock_upstream(option_list& options);

action define_keys_create(option_list& options);
action define_keys_list(option_list& options);
action define_keys_revoke(option_list& options);
action define_keys_rotate(option_list& options);

action define_balance_top_up(option_list& options);
action define_balance_grant(option_list& options);
action define_balance_adjust(option_list& options);
action define_balance_refund(option_list& options);
action define_balance_show(option_list& options);

action define_usage_export(option_list& options);

action define_prices_approve(option_list& options);
action define_prices_list(option_list& options);

action define_ledger_verify(option_list& options);
action define_ledger_show(option_list& options);

action define_decisions_show(option_list& options);
action define_decisions_replay(option_list& options);

action define_policy_diff(option_list& options);
action define_policy_simulate(option_list& options);

}
