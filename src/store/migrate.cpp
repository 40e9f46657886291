#include <tollgate/store/migration.hpp>

#include <algorithm>

namespace tollgate::store {

namespace {

std::unexpected<store_error> refuse(std::string why) {
    return std::unexpected(store_error{store_fault::corrupt, std::move(why)});
}

}

store_result<std::vector<migration>> not_applied(std::span<const migration> known,
                                                 std::span<const applied_migration> applied) {
    for (const applied_migration& row : applied) {
        const auto same = std::ranges::find(known, row.number, &migration::number);
        if (same == known.end())
            return refuse("the database has migration " + row.name +
                          ", which this program does not know: it was written by a newer version; update this one");
        if (same->checksum != row.checksum)
            return refuse("migration " + row.name + " was applied with checksum " + row.checksum + " but is " +
                          same->checksum + " here: applied migrations may not be edited, add a new one");
    }
    std::vector<migration> rest;
    for (const migration& each : known)
        if (std::ranges::find(applied, each.number, &applied_migration::number) == applied.end()) rest.push_back(each);
    return rest;
}

}
