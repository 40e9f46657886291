#pragma once

// Tokens with which a caller confirms the cost of one request: issued with the refusal `confirmation_required`, sent
// back in X-AI-Confirm. Any process of the store accepts what another one issued. Spending a token once is the
// ledger's: it keeps the token's id.

#include <tollgate/core/ids.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace tollgate::ports {

// What a token confirms, and nothing else.
struct confirmation_binding {
    std::string_view tenant, key;
    std::string_view request_hash; // ports::digester, of the body as the client sent it
    std::string_view model_served; // alias: another model is another price
    usd_nano estimate;             // a token covers any estimate up to the one it was issued for
};

struct confirmation_token {
    std::string text;
    instant expires;
};

enum class confirmation_fault : std::uint8_t {
    malformed,        // nobody of this store issued it
    expired,          // it was good for this request, or for another
    not_this_request, // another tenant, key, body or model, or a lower estimate
};

// One per I/O thread: not for two threads at once.
class confirmations {
public:
    virtual ~confirmations() = default;
    // Good for limits::confirmation_ms from `now`. Each call gives another token.
    virtual confirmation_token issue(const confirmation_binding& what, instant now) = 0;
    // The token's id, the same each time, when it confirms `what`.
    virtual std::expected<std::string, confirmation_fault> check(std::string_view token,
                                                                 const confirmation_binding& what, instant now) = 0;
};

}
