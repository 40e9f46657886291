#pragma once

// A refusal with all that its reader needs: which limit, whose, how much, until when, what to do.

#include <tollgate/core/error.hpp>
#include <tollgate/core/money.hpp>
#include <tollgate/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tollgate {

struct refusal {
    errc code = errc::internal_error;
    std::string message;              // empty: the code's own text
    std::string param;                // the request field at fault; empty: null
    std::string scope_kind, scope_id; // "tenant", "tenant_123"
    std::string limit_name;
    std::string period; // "2026-06" for a month, "2026-06-14" for a day, else the window's start
    std::optional<usd_nano> limit_usd, spent_usd, reserved_usd, required_usd;
    std::optional<std::int64_t> limit_count, used_count, required_count; // tokens, requests, concurrency
    std::optional<instant> resets_at;
    std::optional<std::uint32_t> retry_after_ms; // only where waiting helps
    std::string policy_version, over_limit_action;
    std::string feature, tier;
    int upstream_status = 0;                                // of the provider, when the refusal is its
    bool openai_profile = false;                            // refusal_profile: openai, money refusals as 429
    std::vector<std::pair<std::string, std::string>> extra; // further members of error.gateway
};

}
