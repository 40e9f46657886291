#pragma once

#include "session.hpp"

#include <tollgate/store/retry_block_store.hpp>

namespace tollgate::sqlite {

class retry_blocks final : public store::retry_block_store {
public:
    explicit retry_blocks(std::unique_ptr<session> db) : db_(std::move(db)) {}

    store_result<void> keep(const policy::retry_block& block, instant now) override;
    store_result<std::vector<policy::retry_block>> ending_after(instant after, std::size_t count) override;

private:
    std::unique_ptr<session> db_;
};

}
