// All commands, in the order that --help shows them.
#include "definitions.hpp"

#include <array>

namespace tollgate::cli {

namespace {

constexpr std::array group_table{
    group_row{"keys", "API keys of tenants"},
    group_row{"balance", "Prepaid money of tenants"},
    group_row{"usage", "What tenants used"},
    group_row{"ledger", "The books behind it all"},
    group_row{"decisions", "What was decided about a request"},
    group_row{"policy", "What policies change"},
    group_row{"prices", "Prices that may be paid"},
};

constexpr bool as_json = true;

constexpr std::array command_table{
    command_row{"serve", "Run the gateway", define_serve},
    command_row{"check", "Validate configuration, catalogue, prices and every policy", define_check},
    command_row{"migrate", "Apply pending migrations of the store", define_migrate},
    command_row{"keys create", "Make a key and print its secret, once", define_keys_create, as_json},
    command_row{"keys list", "List keys", define_keys_list, as_json},
    command_row{"keys revoke", "End a key at once", define_keys_revoke, as_json},
    command_row{"keys rotate", "Replace a key; the old one works for a grace period", define_keys_rotate, as_json},
    command_row{"balance top-up", "Credit money that a tenant has paid", define_balance_top_up, as_json},
    command_row{"balance grant", "Credit money that a tenant was given", define_balance_grant, as_json},
    command_row{"balance adjust", "Correct a balance, up or down", define_balance_adjust, as_json},
    command_row{"balance refund", "Give back what requests have cost", define_balance_refund, as_json},
    command_row{"balance show", "Show a balance and its grants", define_balance_show, as_json},
    command_row{"usage export", "Write requests to stdout as CSV, JSON lines or FOCUS", define_usage_export},
    command_row{"ledger verify", "Recompute counters and balances from history and list what differs",
                define_ledger_verify, as_json},
    command_row{"ledger show", "List the newest entries of a tenant", define_ledger_show, as_json},
    command_row{"decisions show", "Explain what was decided about a request, and what became of it",
                define_decisions_show, as_json},
    command_row{"decisions replay", "Decide recorded requests again, and compare", define_decisions_replay, as_json},
    command_row{"policy diff", "Tell what changes between two policies", define_policy_diff, as_json},
    command_row{"policy simulate", "Run recorded traffic through new policies", define_policy_simulate, as_json},
    command_row{"prices approve", "Accept the price in force of a model, for all tenants or one",
                define_prices_approve},
    command_row{"prices list", "List approved prices", define_prices_list, as_json},
    command_row{"mock-upstream", "Run a deterministic provider for demos, tests and benchmarks", define_mock_upstream},
    command_row{"version", "Print the version", define_version},
};

}

std::span<const group_row> groups() { return group_table; }
std::span<const command_row> commands() { return command_table; }

}
