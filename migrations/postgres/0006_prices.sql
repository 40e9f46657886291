-- Prices that were approved: the first one seen, and what an operator has accepted since. `tenant` is empty where it
-- holds for every tenant; `price` is what core/price_baselines.hpp writes.

CREATE TABLE price_baselines (
    tenant   text COLLATE "C" NOT NULL,
    provider text COLLATE "C" NOT NULL,
    model    text COLLATE "C" NOT NULL,
    price    text NOT NULL,
    actor    text NOT NULL,
    approved timestamptz NOT NULL,
    PRIMARY KEY (tenant, provider, model)
);
