-- What counters were given for requests that did not touch them, because nobody kept the counter when they ran. A counter
-- is the sum of what touched it and of its seed.

CREATE TABLE counter_seeds (
    tenant   text COLLATE "C" NOT NULL,
    scope    text COLLATE "C" NOT NULL,
    span     smallint NOT NULL,
    start_s  bigint NOT NULL,
    spent    bigint NOT NULL,
    requests bigint NOT NULL,
    tokens   bigint NOT NULL,
    as_of    timestamptz NOT NULL,
    PRIMARY KEY (tenant, scope, span, start_s)
);

-- Which counters a tenant's requests are known to touch: what a later policy wants beyond them must be seeded.
CREATE TABLE kept_counters (
    tenant   text COLLATE "C" NOT NULL PRIMARY KEY,
    families text NOT NULL
);
