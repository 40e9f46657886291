#pragma once

// Between what a provider bills and what the customer is charged (policy: charge). Holds round up, charges half up.

#include <tollgate/policy/policy.hpp>

namespace tollgate::app {

inline usd_nano to_hold(const policy::tenant_policy& p, usd_nano cost) {
    return usd_nano(static_cast<std::int64_t>((static_cast<__int128>(cost.count()) * p.charge_permille + 999) / 1000));
}

inline usd_nano to_charge(const policy::tenant_policy& p, usd_nano cost) {
    return usd_nano(static_cast<std::int64_t>((static_cast<__int128>(cost.count()) * p.charge_permille + 500) / 1000));
}

// The other way; rounds down.
inline usd_nano to_provider_cost(const policy::tenant_policy& p, usd_nano charge) {
    return usd_nano(static_cast<std::int64_t>(static_cast<__int128>(charge.count()) * 1000 / p.charge_permille));
}

}
