#pragma once

// Who looks at an account: the holder of a key, who sees the key's own tenant and nothing else.

#include <tollgate/app/services.hpp>
#include <tollgate/core/refusal.hpp>
#include <tollgate/policy/facts.hpp>
#include <tollgate/ports/exchange.hpp>

#include <memory>
#include <optional>
#include <string_view>

namespace tollgate::app {

struct viewer {
    request_id id; // of this look
    std::shared_ptr<const ports::caller> caller;
    std::shared_ptr<const policy::tenant_policy> policy; // never null without an objection
    policy::facts facts;                                 // what the key pins; `at` is now
    std::optional<refusal> objection;                    // set: nothing may be shown
};

task<viewer> identify_viewer(services& use, ports::exchange& x);

// 200 with a JSON body.
task<> send_view(ports::exchange& x, const viewer& who, std::string_view body);

// What a failed read of the store is to a client.
refusal view_failure(const error& why);

}
