-- Requests that are sent again: which attempt holds, who has a caller's idempotency key, what was answered under it,
-- and which confirmation tokens are spent.

ALTER TABLE reservations ADD COLUMN attempt integer NOT NULL DEFAULT 0;

-- `holder` is the request that runs, or ran, under the key. Whether it still does is seen by its reservation.
CREATE TABLE claims (
    tenant  text NOT NULL,
    key     text NOT NULL,
    holder  blob NOT NULL,
    hash    text NOT NULL,
    created integer NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID;
CREATE INDEX claims_created ON claims (created);

CREATE TABLE answers (
    tenant       text NOT NULL,
    request_id   blob NOT NULL,
    status       integer NOT NULL,
    content_type text NOT NULL,
    body         blob NOT NULL,
    created      integer NOT NULL,
    PRIMARY KEY (tenant, request_id)
);
CREATE INDEX answers_created ON answers (created);

CREATE TABLE spent_tokens (
    tenant     text NOT NULL,
    token      text NOT NULL,
    request_id blob NOT NULL,
    created    integer NOT NULL,
    PRIMARY KEY (tenant, token)
) WITHOUT ROWID;
CREATE INDEX spent_tokens_created ON spent_tokens (created);
