#pragma once

#include "client.hpp"

#include <tollgate/store/price_store.hpp>

namespace tollgate::postgres {

class prices final : public store::price_store {
public:
    explicit prices(connect_options options) : client_(std::move(options)) {}
    store_result<void> connect();

    store_result<void> remember(std::span<const price_baseline> seen) override;
    store_result<void> approve(const price_baseline& what) override;
    store_result<std::vector<price_baseline>> list() override;

private:
    store_result<void> write(const price_baseline& row, const char* on_conflict);

    client client_;
};

}
