#pragma once

// The port to providers, for one I/O thread: connections are kept and used again, the last one first.

#include <tollgate/core/limits.hpp>
#include <tollgate/ports/upstream.hpp>
#include <tollgate/upstream/dns_cache.hpp>
#include <tollgate/upstream/lane.hpp>
#include <tollgate/upstream/tls_contexts.hpp>
#include <tollgate/upstream/workspace.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace tollgate::upstream {

// Since the start, but for `idle`.
struct pool_counts {
    std::uint64_t opened = 0;   // connections made
    std::uint64_t reused = 0;   // requests that went out on a kept connection
    std::uint64_t replayed = 0; // of these, sent again on a new one
    std::uint64_t failed = 0;   // connections that could not be made
    std::size_t idle = 0;
};

class upstream_pool final : public ports::upstream {
public:
    // Everything referred to outlives the pool; `clock` runs on `on`. Answers may outlive the pool.
    upstream_pool(executor on, ticker& clock, tls_contexts& contexts, dns_cache& names,
                  std::uint32_t keep_idle_ms = limits::upstream_keep_idle_ms);
    ~upstream_pool() override;

    // `stop` outlives the answer.
    task<std::expected<std::unique_ptr<ports::upstream_answer>, failure>> open(const ports::upstream_request& request,
                                                                               stop_signal& stop) override;
    // Starts to resolve the provider's name, so that its first request need not wait.
    void prepare(const provider& to);
    pool_counts counts() const;

private:
    struct job;
    std::shared_ptr<lane> lane_of(const provider& to);
    task<std::expected<std::unique_ptr<ports::upstream_answer>, failure>> open_new(job& work, bool sent_before);
    std::expected<std::unique_ptr<ports::upstream_answer>, failure> answer_of(job& work,
                                                                              std::unique_ptr<connection> on);

    executor on_;
    ticker& clock_;
    tls_contexts& contexts_;
    dns_cache& names_;
    std::uint32_t keep_idle_ms_;
    std::vector<std::shared_ptr<lane>> lanes_; // few, and looked through in order
    std::shared_ptr<workspaces> spare_;
    pool_counts counts_;
};

}
