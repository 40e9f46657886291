#include "dead_rows.hpp"

#include <tollgate/core/limits.hpp>

namespace tollgate::postgres {

store_result<void> free_dead_reservations(connection& db) {
    scalars most;
    most.number(limits::dead_reservations_max);
    db.query("SELECT n_dead_tup > $1::bigint FROM pg_stat_user_tables WHERE relid = 'reservations'::regclass",
             most.finish());
    bool many = false;
    const auto asked = db.run([&](std::size_t, reader& in) { many = in.flag(); });
    if (asked && many) {
        // Skips a table that another process is at. Giving the end of the file back would wait for a lock.
        db.query("VACUUM (SKIP_LOCKED, TRUNCATE FALSE) reservations");
        static_cast<void>(db.run());
    }
    if (db.broken()) return std::unexpected(store_error{store_fault::unavailable, "the connection was lost"});
    return {};
}

}
