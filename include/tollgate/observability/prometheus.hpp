#pragma once

// What was counted, as Prometheus text (version 0.0.4). THE table of the application's counters is in prometheus.cpp.
// Tenants and keys are no labels: their number has no bound, and their consumption is in the ledger.

#include <tollgate/app/ledger_writer.hpp>
#include <tollgate/app/provider_board.hpp>
#include <tollgate/ports/metrics.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::observability {

// A value that only the daemon knows: connections, keys known, dropped log lines, the last reload.
struct sample {
    enum class kind : std::uint8_t { counter, gauge };
    std::string_view name; // after "tollgate_"; a counter's ends in "_total"
    std::string_view help;
    kind type = kind::gauge;
    std::int64_t value = 0;
};

struct measurements {
    std::span<const ports::metrics* const> threads; // one per I/O thread; summed
    const app::ledger_writer* writer = nullptr;     // null: left out
    std::span<const sample> more;
    std::span<const app::provider_board::entry> providers = {};
};

inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string to_prometheus(const measurements& what);

}
