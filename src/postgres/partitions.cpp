#include "partitions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace tollgate::postgres {

namespace {

constexpr int months_ahead = 2;

std::string first_of(std::chrono::year_month month, const char* format) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), format, static_cast<int>(month.year()),
                  static_cast<unsigned>(month.month()));
    return text.data();
}

// Attached rather than created in place: attaching lets readers and writers of other partitions go on. Two processes
// may do this at once, and rows of the month may already be in the default partition: either way the month is provided
// for, so a refusal is no failure.
void make_partition(connection& db, std::chrono::year_month month) {
    const std::string table = "usage_events_" + first_of(month, "%04d_%02u");
    const std::string from = first_of(month, "%04d-%02u-01");
    const std::string to = first_of(month + std::chrono::months(1), "%04d-%02u-01");
    db.query("CREATE TABLE IF NOT EXISTS " + table + " (LIKE usage_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)");
    db.query("ALTER TABLE usage_events ATTACH PARTITION " + table + " FOR VALUES FROM ('" + from + "') TO ('" + to +
             "')");
    static_cast<void>(db.run());
}

}

store_result<void> keep_partitions(connection& db) {
    instant now;
    std::vector<std::string> attached;
    db.query("SELECT clock_timestamp()");
    db.query("SELECT c.relname::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid "
             "WHERE i.inhparent = 'usage_events'::regclass");
    auto done = db.run([&](std::size_t i, reader& in) {
        if (i == 0)
            now = in.time();
        else
            attached.push_back(in.text());
    });
    if (!done) return done;
    using namespace std::chrono;
    const year_month_day today(floor<days>(sys_time<microseconds>(microseconds(now.us))));
    for (int ahead = 0; ahead <= months_ahead; ++ahead) {
        const year_month month = today.year() / today.month() + months(ahead);
        const std::string table = "usage_events_" + first_of(month, "%04d_%02u");
        if (std::ranges::find(attached, table) == attached.end()) make_partition(db, month);
        if (db.broken()) return std::unexpected(store_error{store_fault::unavailable, "the connection was lost"});
    }
    return {};
}

}
