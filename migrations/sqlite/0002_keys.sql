-- Keys at rest, and what people change: every change is audited.

CREATE TABLE api_keys (
    id          text NOT NULL PRIMARY KEY,
    hash        blob NOT NULL UNIQUE,
    tenant      text NOT NULL,
    label       text NOT NULL,
    workspace   text NOT NULL,
    feature     text NOT NULL,
    agent       text NOT NULL,
    environment text NOT NULL,
    models      text NOT NULL,
    expires     integer,
    revoked     integer,
    created     integer NOT NULL,
    replaced_by text NOT NULL,
    hint        text NOT NULL,
    revision    integer NOT NULL
);
CREATE INDEX api_keys_revision ON api_keys (revision);
CREATE INDEX api_keys_tenant ON api_keys (tenant);

-- The one row that hands out revisions: locked by each change, so revisions appear in commit order.
CREATE TABLE key_revision (
    one      integer NOT NULL PRIMARY KEY CHECK (one = 1),
    revision integer NOT NULL
);
INSERT INTO key_revision (one, revision) VALUES (1, 0);

CREATE TABLE secrets (
    name  text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE policy_versions (
    tenant  text NOT NULL,
    version text NOT NULL,
    hash    text NOT NULL,
    content text NOT NULL,
    seen    integer NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS integer) * 1000000),
    PRIMARY KEY (tenant, version)
);

-- Reserved: a status that overrides a tenant's policy file.
CREATE TABLE tenant_flags (
    tenant   text NOT NULL PRIMARY KEY,
    status   text NOT NULL,
    revision integer NOT NULL
);

CREATE TABLE audit_log (
    id      integer NOT NULL PRIMARY KEY,
    at      integer NOT NULL DEFAULT (CAST(strftime('%s', 'now') AS integer) * 1000000),
    actor   text NOT NULL,
    what    text NOT NULL,
    subject text NOT NULL,
    before  text NOT NULL,
    after   text NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at);
