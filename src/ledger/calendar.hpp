#pragma once

// The windows of one instant, worked out once for a zone and not for every counter of a batch.

#include <tollgate/core/window.hpp>

#include <array>

namespace tollgate::ledger {

class calendar {
public:
    struct bounds {
        std::int64_t start_s = 0;
        std::optional<std::int64_t> end_s;
    };

    explicit calendar(instant now) : now_(now) {}
    const bounds& of(window span, const time_zone& zone);

private:
    static constexpr std::size_t spans = static_cast<std::size_t>(window::total) + 1;
    struct page {
        const time_zone* zone = nullptr;
        std::array<std::optional<bounds>, spans> windows;
    };

    instant now_;
    std::array<page, 4> pages_; // a batch seldom knows more zones
    std::size_t oldest_ = 0;
};

}
