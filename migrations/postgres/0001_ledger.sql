-- The ledger. Money is nano-USD in bigint, identifiers of requests are uuid, times are timestamptz.
-- Tenant first in every key. COLLATE "C": keys compare as bytes, which is how the writer orders its locks.

-- One row of consumption per (whose, of what, which window). The hottest table: narrow, no second index, half of each
-- page left free so that an update stays in its page.
CREATE TABLE counters (
    spent       bigint   NOT NULL DEFAULT 0,
    held        bigint   NOT NULL DEFAULT 0,
    requests    bigint   NOT NULL DEFAULT 0,
    tokens      bigint   NOT NULL DEFAULT 0,
    tokens_held bigint   NOT NULL DEFAULT 0,
    in_flight   bigint   NOT NULL DEFAULT 0,
    start_s     bigint   NOT NULL,
    span        smallint NOT NULL,
    tenant      text COLLATE "C" NOT NULL,
    scope       text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, scope, span, start_s),
    CHECK (held >= 0 AND tokens_held >= 0 AND in_flight >= 0 AND requests >= 0)
) WITH (fillfactor = 50);

-- Prepaid money, one row a tenant.
CREATE TABLE balances (
    credited      bigint NOT NULL DEFAULT 0,
    spent         bigint NOT NULL DEFAULT 0,
    held          bigint NOT NULL DEFAULT 0,
    burned        bigint NOT NULL DEFAULT 0,
    next_expiry_s bigint,
    tenant        text COLLATE "C" NOT NULL PRIMARY KEY,
    CHECK (held >= 0)
) WITH (fillfactor = 50);
CREATE INDEX balances_next_expiry ON balances (next_expiry_s) WHERE next_expiry_s IS NOT NULL;

CREATE TABLE grants (
    tenant      text COLLATE "C" NOT NULL,
    transaction_id uuid NOT NULL,
    amount      bigint NOT NULL,
    remaining   bigint NOT NULL,
    funding     text NOT NULL,
    priority    integer NOT NULL,
    effective   timestamptz NOT NULL,
    expires_s   bigint,
    PRIMARY KEY (tenant, transaction_id),
    CHECK (amount > 0 AND remaining >= 0)
);

-- Open reservations. The row is deleted when the reservation ends; the usage row is its ending.
CREATE TABLE reservations (
    tenant       text COLLATE "C" NOT NULL,
    request_id   uuid NOT NULL,
    amount       bigint NOT NULL,
    input_amount bigint NOT NULL,
    tokens       bigint NOT NULL,
    counters     text NOT NULL,
    prepaid      boolean NOT NULL,
    on_unknown   text NOT NULL,
    created      timestamptz NOT NULL,
    expires      timestamptz NOT NULL,
    node         text NOT NULL,
    record       text NOT NULL,
    PRIMARY KEY (tenant, request_id),
    CHECK (amount >= 0 AND input_amount >= 0 AND tokens >= 0)
);
CREATE INDEX reservations_request ON reservations (request_id);
CREATE INDEX reservations_expires ON reservations (expires);

-- One row per request. `month` is the month of the request id; a partition a month, made ahead by the store.
CREATE TABLE usage_events (
    month             date NOT NULL,
    tenant            text COLLATE "C" NOT NULL,
    request_id        uuid NOT NULL,
    key_id            text NOT NULL,
    workspace         text NOT NULL,
    feature           text NOT NULL,
    agent             text NOT NULL,
    end_user          text NOT NULL,
    model_requested   text NOT NULL,
    model_served      text NOT NULL,
    provider          text NOT NULL,
    decision          text NOT NULL,
    code              text NOT NULL,
    settlement_status text NOT NULL,
    status            integer NOT NULL,
    prompt_tokens     bigint NOT NULL,
    cached_tokens     bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    other_usage       text NOT NULL,
    estimated         bigint NOT NULL,
    charged           bigint NOT NULL,
    provider_cost     bigint NOT NULL,
    cost_source       text NOT NULL,
    overage           boolean NOT NULL,
    late              boolean NOT NULL,
    at                timestamptz NOT NULL,
    counters          text NOT NULL,
    counted           boolean NOT NULL,
    tokens            bigint NOT NULL,
    ended             text,
    provisional       boolean NOT NULL,
    record            text NOT NULL,
    refunded          bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, month, request_id),
    CHECK (refunded >= 0 AND charged >= 0)
) PARTITION BY RANGE (month);
CREATE INDEX usage_events_request ON usage_events (request_id);
CREATE INDEX usage_events_at ON usage_events (tenant, at);
CREATE TABLE usage_events_other PARTITION OF usage_events DEFAULT;

-- Transfers between accounts: append-only, zero-sum by their shape.
CREATE TABLE entries (
    tenant          text COLLATE "C" NOT NULL,
    transaction_id  uuid NOT NULL,
    leg             smallint NOT NULL,
    kind            text NOT NULL,
    debit           text NOT NULL,
    credit          text NOT NULL,
    amount          bigint NOT NULL,
    at              timestamptz NOT NULL,
    idempotency_key text NOT NULL,
    reason          text NOT NULL,
    actor           text NOT NULL,
    reverses        uuid,
    written         timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (tenant, transaction_id, leg),
    CHECK (amount > 0 AND debit <> credit)
);

-- Which movements of money were posted, by the caller's idempotency key.
CREATE TABLE movements (
    tenant          text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    transaction_id  uuid NOT NULL,
    PRIMARY KEY (tenant, idempotency_key)
);
