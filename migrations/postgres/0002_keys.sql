-- Keys at rest, and what people change: every change is audited.

CREATE TABLE api_keys (
    id          text COLLATE "C" NOT NULL PRIMARY KEY,
    hash        bytea NOT NULL UNIQUE,
    tenant      text COLLATE "C" NOT NULL,
    label       text NOT NULL,
    workspace   text NOT NULL,
    feature     text NOT NULL,
    agent       text NOT NULL,
    environment text NOT NULL,
    models      text NOT NULL,
    expires     timestamptz,
    revoked     timestamptz,
    created     timestamptz NOT NULL,
    replaced_by text NOT NULL,
    hint        text NOT NULL,
    revision    bigint NOT NULL
);
CREATE INDEX api_keys_revision ON api_keys (revision);
CREATE INDEX api_keys_tenant ON api_keys (tenant);

-- The one row that hands out revisions: locked by each change, so revisions appear in commit order.
CREATE TABLE key_revision (
    one      smallint NOT NULL PRIMARY KEY CHECK (one = 1),
    revision bigint NOT NULL
);
INSERT INTO key_revision (one, revision) VALUES (1, 0);

CREATE TABLE secrets (
    name  text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE policy_versions (
    tenant  text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    hash    text NOT NULL,
    content text NOT NULL,
    seen    timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (tenant, version)
);

-- Reserved: a status that overrides a tenant's policy file.
CREATE TABLE tenant_flags (
    tenant   text COLLATE "C" NOT NULL PRIMARY KEY,
    status   text NOT NULL,
    revision bigint NOT NULL
);

CREATE TABLE audit_log (
    id      uuid NOT NULL PRIMARY KEY DEFAULT gen_random_uuid(),
    at      timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    actor   text NOT NULL,
    what    text NOT NULL,
    subject text NOT NULL,
    before  text NOT NULL,
    after   text NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at);
