#include "prices.hpp"

#include "ledger.hpp"

#include <tollgate/store/view_rows.hpp>

namespace tollgate::sqlite {

namespace {

void put(binder& out, const price_baseline& row, instant now) {
    out.text(row.tenant).text(row.provider).text(row.model).text(to_text(row.approved)).text(row.actor).time(now);
}

}

store_result<void> prices::remember(std::span<const price_baseline> seen) {
    const instant now = clock_now();
    db_->begin_immediate();
    for (const price_baseline& row : seen) {
        put(db_->prepare("INSERT INTO price_baselines (tenant, provider, model, price, actor, approved) "
                         "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, provider, model) DO NOTHING"),
            row, now);
        db_->run();
    }
    return db_->commit();
}

store_result<void> prices::approve(const price_baseline& what) {
    db_->begin_immediate();
    put(db_->prepare("INSERT INTO price_baselines (tenant, provider, model, price, actor, approved) "
                     "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, provider, model) DO UPDATE "
                     "SET price = excluded.price, actor = excluded.actor, approved = excluded.approved"),
        what, clock_now());
    db_->run();
    return db_->commit();
}

store_result<std::vector<price_baseline>> prices::list() {
    std::vector<price_baseline> all;
    db_->prepare("SELECT tenant, provider, model, price, actor, approved FROM price_baselines "
                 "ORDER BY tenant, provider, model");
    db_->each([&](reader& in) { all.push_back(store::take_price_baseline(in)); });
    if (auto done = db_->take_fault(); !done) return std::unexpected(done.error());
    return all;
}

}
