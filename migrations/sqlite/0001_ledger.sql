-- The ledger. Money is nano-USD, identifiers of requests are 16 bytes, times are Unix microseconds.
-- Tenant first in every key; text compares as bytes.

-- One row of consumption per (whose, of what, which window). The hottest table: narrow, no second index.
CREATE TABLE counters (
    spent       integer   NOT NULL DEFAULT 0,
    held        integer   NOT NULL DEFAULT 0,
    requests    integer   NOT NULL DEFAULT 0,
    tokens      integer   NOT NULL DEFAULT 0,
    tokens_held integer   NOT NULL DEFAULT 0,
    in_flight   integer   NOT NULL DEFAULT 0,
    start_s     integer   NOT NULL,
    span        integer NOT NULL,
    tenant      text NOT NULL,
    scope       text NOT NULL,
    PRIMARY KEY (tenant, scope, span, start_s),
    CHECK (held >= 0 AND tokens_held >= 0 AND in_flight >= 0 AND requests >= 0)
) WITHOUT ROWID;

-- Prepaid money, one row a tenant.
CREATE TABLE balances (
    credited      integer NOT NULL DEFAULT 0,
    spent         integer NOT NULL DEFAULT 0,
    held          integer NOT NULL DEFAULT 0,
    burned        integer NOT NULL DEFAULT 0,
    next_expiry_s integer,
    tenant        text NOT NULL PRIMARY KEY,
    CHECK (held >= 0)
) WITHOUT ROWID;
CREATE INDEX balances_next_expiry ON balances (next_expiry_s) WHERE next_expiry_s IS NOT NULL;

CREATE TABLE grants (
    tenant      text NOT NULL,
    transaction_id blob NOT NULL,
    amount      integer NOT NULL,
    remaining   integer NOT NULL,
    funding     text NOT NULL,
    priority    integer NOT NULL,
    effective   integer NOT NULL,
    expires_s   integer,
    PRIMARY KEY (tenant, transaction_id),
    CHECK (amount > 0 AND remaining >= 0)
);

-- Open reservations. The row is deleted when the reservation ends; the usage row is its ending.
CREATE TABLE reservations (
    tenant       text NOT NULL,
    request_id   blob NOT NULL,
    amount       integer NOT NULL,
    input_amount integer NOT NULL,
    tokens       integer NOT NULL,
    counters     text NOT NULL,
    prepaid      integer NOT NULL,
    on_unknown   text NOT NULL,
    created      integer NOT NULL,
    expires      integer NOT NULL,
    node         text NOT NULL,
    record       text NOT NULL,
    PRIMARY KEY (tenant, request_id),
    CHECK (amount >= 0 AND input_amount >= 0 AND tokens >= 0)
);
CREATE INDEX reservations_request ON reservations (request_id);
CREATE INDEX reservations_expires ON reservations (expires);

-- One row per request.
CREATE TABLE usage_events (
    tenant            text NOT NULL,
    request_id        blob NOT NULL,
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
    prompt_tokens     integer NOT NULL,
    cached_tokens     integer NOT NULL,
    completion_tokens integer NOT NULL,
    other_usage       text NOT NULL,
    estimated         integer NOT NULL,
    charged           integer NOT NULL,
    provider_cost     integer NOT NULL,
    cost_source       text NOT NULL,
    overage           integer NOT NULL,
    late              integer NOT NULL,
    at                integer NOT NULL,
    counters          text NOT NULL,
    counted           integer NOT NULL,
    tokens            integer NOT NULL,
    ended             text,
    provisional       integer NOT NULL,
    record            text NOT NULL,
    refunded          integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, request_id),
    CHECK (refunded >= 0 AND charged >= 0)
);
CREATE INDEX usage_events_request ON usage_events (request_id);
CREATE INDEX usage_events_at ON usage_events (tenant, at);

-- Transfers between accounts: append-only, zero-sum by their shape.
CREATE TABLE entries (
    tenant          text NOT NULL,
    transaction_id  blob NOT NULL,
    leg             integer NOT NULL,
    kind            text NOT NULL,
    debit           text NOT NULL,
    credit          text NOT NULL,
    amount          integer NOT NULL,
    at              integer NOT NULL,
    idempotency_key text NOT NULL,
    reason          text NOT NULL,
    actor           text NOT NULL,
    reverses        blob,
    written         integer NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS integer) * 1000000),
    PRIMARY KEY (tenant, transaction_id, leg),
    CHECK (amount > 0 AND debit <> credit)
);

-- Which movements of money were posted, by the caller's idempotency key.
CREATE TABLE movements (
    tenant          text NOT NULL,
    idempotency_key text NOT NULL,
    transaction_id  blob NOT NULL,
    PRIMARY KEY (tenant, idempotency_key)
);
