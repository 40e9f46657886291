#pragma once

// The blocking half of the admin API: runs handlers, each with hands of its own, and makes changes happen once.

#include "routes.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace tollgate::admin {

class desk {
public:
    desk(const admin_sources& use, const admin_work& work) : use_(use), work_(work) {}

    // On the pool. `fields` of the answer: "idempotency-replayed" when it is an earlier one.
    struct outcome {
        answered what;
        bool replayed = false;
    };
    outcome run(const route& asked, const call& about);

private:
    outcome change(const route& asked, const call& about, hands& with);
    answered change_claimed(const route& asked, const call& about, hands& with, const store::request_claim& claim);
    std::unique_ptr<hands> take();
    void give(std::unique_ptr<hands> back);

    const admin_sources& use_;
    const admin_work& work_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<hands>> spare_; // under mutex_
};

}
