#pragma once

#include "session.hpp"

#include <tollgate/store/price_store.hpp>

namespace tollgate::sqlite {

class prices final : public store::price_store {
public:
    explicit prices(std::unique_ptr<session> db) : db_(std::move(db)) {}

    store_result<void> remember(std::span<const price_baseline> seen) override;
    store_result<void> approve(const price_baseline& what) override;
    store_result<std::vector<price_baseline>> list() override;

private:
    std::unique_ptr<session> db_;
};

}
