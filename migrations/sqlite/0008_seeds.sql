-- What counters were given for requests that did not touch them, because nobody kept the counter when they ran. A counter
-- is the sum of what touched it and of its seed.

CREATE TABLE counter_seeds (
    tenant   text    NOT NULL,
    scope    text    NOT NULL,
    span     integer NOT NULL,
    start_s  integer NOT NULL,
    spent    integer NOT NULL,
    requests integer NOT NULL,
    tokens   integer NOT NULL,
    as_of    integer NOT NULL,
    PRIMARY KEY (tenant, scope, span, start_s)
) WITHOUT ROWID;

-- Which counters a tenant's requests are known to touch: what a later policy wants beyond them must be seeded.
CREATE TABLE kept_counters (
    tenant   text NOT NULL PRIMARY KEY,
    families text NOT NULL
) WITHOUT ROWID;
