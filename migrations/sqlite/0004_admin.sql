-- The admin API: what was asked under which Idempotency-Key, and policies that were published instead of written to a
-- file. Tenant flags (0002) are followed by their revision from here on.

CREATE TABLE admin_requests (
    actor           text NOT NULL,
    idempotency_key text NOT NULL,
    fingerprint     text NOT NULL,
    claim           text NOT NULL,
    claimed         integer NOT NULL,
    status          integer,
    answer          text NOT NULL DEFAULT '',
    PRIMARY KEY (actor, idempotency_key)
);
CREATE INDEX admin_requests_claimed ON admin_requests (claimed);

-- An empty version: withdrawn, the tenant's file counts again. The row stays, so that every process hears of it.
CREATE TABLE published_policies (
    tenant   text NOT NULL PRIMARY KEY,
    version  text NOT NULL,
    content  text NOT NULL,
    at       integer NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS integer) * 1000000),
    actor    text NOT NULL,
    revision integer NOT NULL
);
CREATE INDEX published_policies_revision ON published_policies (revision);
CREATE INDEX tenant_flags_revision ON tenant_flags (revision);
CREATE INDEX audit_log_subject ON audit_log (subject, at);
