-- Prices that were approved: the first one seen, and what an operator has accepted since. `tenant` is empty where it
-- holds for every tenant; `price` is what core/price_baselines.hpp writes.

CREATE TABLE price_baselines (
    tenant   text NOT NULL,
    provider text NOT NULL,
    model    text NOT NULL,
    price    text NOT NULL,
    actor    text NOT NULL,
    approved integer NOT NULL,
    PRIMARY KEY (tenant, provider, model)
) WITHOUT ROWID;
