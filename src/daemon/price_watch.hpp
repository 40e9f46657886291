#pragma once

// Approved prices as the gateway uses them: those seen first are approved at start and on reload, and what anybody
// approves since is taken up within half a second. Used on one thread.

#include <tollgate/app/services.hpp>
#include <tollgate/store/price_store.hpp>

namespace tollgate {

class price_watch {
public:
    price_watch(store::price_store& store, app::live_configuration& live) : store_(store), live_(live) {}

    // Reads what is approved now, after remembering what is new in the configuration. The store may be away: then
    // what was read last goes on, and the next call tries again. False: it was.
    bool poll();

private:
    store::price_store& store_;
    app::live_configuration& live_;
    std::shared_ptr<const catalog> seen_;
};

}
