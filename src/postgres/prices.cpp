#include "prices.hpp"

#include <tollgate/store/view_rows.hpp>

namespace tollgate::postgres {

store_result<void> prices::connect() {
    const auto db = client_.ready();
    if (!db) return std::unexpected(db.error());
    return {};
}

store_result<void> prices::write(const price_baseline& row, const char* on_conflict) {
    scalars values;
    values.text(row.tenant).text(row.provider).text(row.model).text(to_text(row.approved)).text(row.actor);
    const auto done = client_.ask(
        std::string("INSERT INTO price_baselines (tenant, provider, model, price, actor, approved) "
                    "VALUES ($1, $2, $3, $4, $5, CURRENT_TIMESTAMP) ON CONFLICT (tenant, provider, model) DO ") +
            on_conflict,
        values, [](reader&) {});
    if (!done) return std::unexpected(done.error());
    return {};
}

store_result<void> prices::remember(std::span<const price_baseline> seen) {
    const auto known = list();
    if (!known) return std::unexpected(known.error());
    const price_baselines before(*known);
    for (const price_baseline& row : seen) {
        if (before.find(row.tenant, row.provider, row.model) != nullptr) continue;
        if (auto done = write(row, "NOTHING"); !done) return done;
    }
    return {};
}

store_result<void> prices::approve(const price_baseline& what) {
    return write(what, "UPDATE SET price = excluded.price, actor = excluded.actor, approved = excluded.approved");
}

store_result<std::vector<price_baseline>> prices::list() {
    std::vector<price_baseline> all;
    scalars none;
    const auto done = client_.ask("SELECT tenant, provider, model, price, actor, approved FROM price_baselines "
                                  "ORDER BY tenant, provider, model",
                                  none, [&](reader& in) { all.push_back(store::take_price_baseline(in)); });
    if (!done) return std::unexpected(done.error());
    return all;
}

}
