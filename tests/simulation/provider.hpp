#pragma once

// The provider's side: does what each request's script says.

#include "request.hpp"

#include <tollgate/ports/upstream.hpp>

#include <functional>

namespace tollgate::simulation {

class provider final : public ports::upstream {
public:
    struct links {
        timeline& time;
        std::function<request*(std::string_view number)> find;
        std::function<void(request&)> on_dispatch; // the first byte may leave now
        std::function<bool()> alive;
    };
    explicit provider(links with) : with_(std::move(with)) {}

    using opened = std::expected<std::unique_ptr<ports::upstream_answer>, failure>;
    task<opened> open(const ports::upstream_request& request, stop_signal& stop) override;

private:
    links with_;
};

}
