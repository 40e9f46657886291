-- What the retry guard blocks: rare, and read by every process of the store.

CREATE TABLE retry_blocks (
    tenant    text COLLATE "C" NOT NULL,
    key_id    text COLLATE "C" NOT NULL,
    request   bigint NOT NULL,
    signal    text NOT NULL,
    ends      timestamptz NOT NULL,
    forgotten timestamptz NOT NULL,
    level     integer NOT NULL,
    counted   bigint NOT NULL,
    among     bigint NOT NULL,
    PRIMARY KEY (tenant, key_id, request)
);
CREATE INDEX retry_blocks_ends ON retry_blocks (ends);
