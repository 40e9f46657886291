-- Requests that are sent again: which attempt holds, who has a caller's idempotency key, what was answered under it,
-- and which confirmation tokens are spent.

ALTER TABLE reservations ADD COLUMN attempt smallint NOT NULL DEFAULT 0;

-- `holder` is the request that runs, or ran, under the key. Whether it still does is seen by its reservation.
CREATE TABLE claims (
    tenant  text COLLATE "C" NOT NULL,
    key     text COLLATE "C" NOT NULL,
    holder  uuid NOT NULL,
    hash    text NOT NULL,
    created timestamptz NOT NULL,
    PRIMARY KEY (tenant, key)
);
CREATE INDEX claims_created ON claims (created);

CREATE TABLE answers (
    tenant       text COLLATE "C" NOT NULL,
    request_id   uuid NOT NULL,
    status       integer NOT NULL,
    content_type text NOT NULL,
    body         bytea NOT NULL,
    created      timestamptz NOT NULL,
    PRIMARY KEY (tenant, request_id)
);
CREATE INDEX answers_created ON answers (created);

CREATE TABLE spent_tokens (
    tenant     text COLLATE "C" NOT NULL,
    token      text COLLATE "C" NOT NULL,
    request_id uuid NOT NULL,
    created    timestamptz NOT NULL,
    PRIMARY KEY (tenant, token)
);
CREATE INDEX spent_tokens_created ON spent_tokens (created);
