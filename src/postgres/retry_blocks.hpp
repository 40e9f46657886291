#pragma once

#include "client.hpp"

#include <tollgate/store/retry_block_store.hpp>

namespace tollgate::postgres {

class retry_blocks final : public store::retry_block_store {
public:
    explicit retry_blocks(connect_options options) : client_(std::move(options)) {}
    store_result<void> connect();

    store_result<void> keep(const policy::retry_block& block, instant now) override;
    store_result<std::vector<policy::retry_block>> ending_after(instant after, std::size_t count) override;

private:
    client client_;
};

}
