#pragma once

// One request of a run: what its client and its provider will do, and what both of them saw. Kept to the end of the
// run.

#include "script.hpp"
#include "timeline.hpp"

#include <optional>
#include <string>

namespace tollgate::simulation {

struct client_script {
    int leaves_after_writes = 0;      // 0: never
    std::int64_t leaves_after_us = 0; // 0: never
    bool never_reads = false;
    std::int64_t write_us = 0; // that each write takes
};

struct request {
    int number = 0;
    tenant_id tenant;
    std::string agent, feature, body;
    bool streams = false;
    client_script client;
    script provider;
    owner_id life = the_world;

    // what happened
    std::optional<ledger::reservation> hold; // as committed
    bool dispatched = false;
    view before, now; // what the provider has told: by all but the last read, and by all
    bool finished = false;
    bool killed = false; // its process was, before it had finished
    bool left = false;   // the client
    bool saw_end = false;
    bool may_be_lost = false;      // its ending was in memory alone for a while: the disk had failed
    bool note_may_be_lost = false; // of a refusal: it was in memory alone when its process was killed
    int status = 0;
    std::string id; // as answered
};

}
