#include <tollgate/upstream/upstream_pool.hpp>

#include <tollgate/core/assert.hpp>
#include <tollgate/core/limits.hpp>
#include <tollgate/upstream/answer.hpp>
#include <tollgate/upstream/exchange.hpp>
#include <tollgate/upstream/request_head.hpp>

#include <algorithm>

namespace tollgate::upstream {

namespace {

std::uint64_t total_bytes(std::span<const std::string_view> pieces) {
    std::uint64_t total = 0;
    for (const std::string_view piece : pieces) total += piece.size();
    return total;
}

std::unexpected<ports::upstream::failure> refuse(error why, bool sent) {
    return std::unexpected(ports::upstream::failure{.why = std::move(why), .sent = sent});
}

}

// What one call of open carries along.
struct upstream_pool::job {
    job(const ports::upstream_request& what, stop_signal& stop_by, workspaces& spare)
        : request(what), stop(stop_by), waits(patience_for(what)), kept(spare), space(spare.take()) {}
    job(const job&) = delete;
    job& operator=(const job&) = delete;
    ~job() {
        if (space) kept.give(std::move(space));
    }

    const ports::upstream_request& request;
    stop_signal& stop;
    patience waits;
    workspaces& kept;
    std::unique_ptr<workspace> space;
    std::shared_ptr<lane> home;
};

upstream_pool::upstream_pool(executor on, ticker& clock, tls_contexts& contexts, dns_cache& names,
                             std::uint32_t keep_idle_ms)
    : on_(on), clock_(clock), contexts_(contexts), names_(names), keep_idle_ms_(keep_idle_ms),
      spare_(std::make_shared<workspaces>()) {}

upstream_pool::~upstream_pool() {
    for (const auto& one : lanes_) one->close();
}

std::shared_ptr<lane> upstream_pool::lane_of(const provider& to) {
    for (const auto& one : lanes_)
        if (one->serves(to)) return one;
    if (lanes_.size() >= limits::upstream_lanes_max) { // reloads left lanes behind; answers under way keep theirs
        lanes_.front()->close();
        lanes_.erase(lanes_.begin());
    }
    return lanes_.emplace_back(std::make_shared<lane>(to, keep_idle_ms_));
}

task<std::expected<std::unique_ptr<ports::upstream_answer>, ports::upstream::failure>>
upstream_pool::open(const ports::upstream_request& request, stop_signal& stop) {
    TG_ASSERT(request.to != nullptr);
    if (stop.fired()) co_return refuse({errc::provider_unavailable, "stopped before the provider was asked"}, false);
    job work(request, stop, *spare_);
    if (!write_request_head(work.space->request_head, request, total_bytes(request.body)))
        co_return refuse({errc::invalid_request, "a path that can not be sent"}, false);
    work.home = lane_of(*request.to);

    std::unique_ptr<connection> kept = work.home->take();
    if (!kept) co_return co_await open_new(work, false);
    ++counts_.reused;
    auto broken = co_await exchange(*kept, *work.space, request, stop, work.waits);
    if (!broken) co_return answer_of(work, std::move(kept));
    if (!broken->stale) co_return std::unexpected(std::move(broken->what));
    // The peer had closed it before it could know of the request; a new connection shows whether it is there at all.
    ++counts_.replayed;
    kept.reset();
    work.space->buffer.clear();
    co_return co_await open_new(work, broken->what.sent);
}

task<std::expected<std::unique_ptr<ports::upstream_answer>, ports::upstream::failure>>
upstream_pool::open_new(job& work, bool sent_before) {
    auto fresh = std::make_unique<connection>(on_, clock_);
    connector make{.names = names_, .contexts = contexts_};
    auto refused = co_await make.connect(*fresh, *work.request.to, work.stop, work.waits);
    if (refused) {
        ++counts_.failed;
        co_return refuse(std::move(*refused), sent_before);
    }
    ++counts_.opened;
    auto broken = co_await exchange(*fresh, *work.space, work.request, work.stop, work.waits);
    if (!broken) co_return answer_of(work, std::move(fresh));
    broken->what.sent = broken->what.sent || sent_before;
    co_return std::unexpected(std::move(broken->what));
}

std::expected<std::unique_ptr<ports::upstream_answer>, ports::upstream::failure>
upstream_pool::answer_of(job& work, std::unique_ptr<connection> on) {
    if (work.space->head.encoding == coding::unknown)
        return refuse({errc::provider_error, "the provider's answer has a content-encoding that was not asked for"},
                      true);
    return std::make_unique<answer>(answer::parts{.on = std::move(on),
                                                  .space = std::move(work.space),
                                                  .home = std::move(work.home),
                                                  .spare = spare_,
                                                  .stop = work.stop,
                                                  .waits = work.waits});
}

void upstream_pool::prepare(const provider& to) { names_.prefetch(to.host); }

pool_counts upstream_pool::counts() const {
    pool_counts now = counts_;
    for (const auto& one : lanes_) now.idle += one->idle();
    return now;
}

}
