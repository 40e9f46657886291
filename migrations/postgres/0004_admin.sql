-- The admin API: what was asked under which Idempotency-Key, and policies that were published instead of written to a
-- file. Tenant flags (0002) are followed by their revision from here on.

CREATE TABLE admin_requests (
    actor           text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    fingerprint     text NOT NULL,
    claim           text NOT NULL,
    claimed         timestamptz NOT NULL,
    status          integer,
    answer          text NOT NULL DEFAULT '',
    PRIMARY KEY (actor, idempotency_key)
);
CREATE INDEX admin_requests_claimed ON admin_requests (claimed);

-- An empty version: withdrawn, the tenant's file counts again. The row stays, so that every process hears of it.
CREATE TABLE published_policies (
    tenant   text COLLATE "C" NOT NULL PRIMARY KEY,
    version  text NOT NULL,
    content  text NOT NULL,
    at       timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    actor    text NOT NULL,
    revision bigint NOT NULL
);
CREATE INDEX published_policies_revision ON published_policies (revision);
CREATE INDEX tenant_flags_revision ON tenant_flags (revision);
CREATE INDEX audit_log_subject ON audit_log (subject, at);
