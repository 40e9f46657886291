#include <tollgate/ledger/seed.hpp>

#include <algorithm>

namespace tollgate::ledger {

std::optional<planted> plant(const counter& at, const std::optional<seed>& before, const seed& fresh) {
    const seed was = before.value_or(seed{});
    if (before ? was.as_of >= fresh.as_of : fresh.same_amounts(was)) return std::nullopt;
    planted out{at, fresh};
    // A damaged counter must not turn negative; `tollgate ledger verify` reports the difference.
    out.at.spent = std::max(usd_nano(), at.spent + (fresh.spent - was.spent));
    out.at.requests = std::max<std::int64_t>(0, at.requests + (fresh.requests - was.requests));
    out.at.tokens = std::max<std::int64_t>(0, at.tokens + (fresh.tokens - was.tokens));
    return out;
}

}
