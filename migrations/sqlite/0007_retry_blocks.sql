-- What the retry guard blocks: rare, and read by every process of the store.

CREATE TABLE retry_blocks (
    tenant    text NOT NULL,
    key_id    text NOT NULL,
    request   integer NOT NULL,
    signal    text NOT NULL,
    ends      integer NOT NULL,
    forgotten integer NOT NULL,
    level     integer NOT NULL,
    counted   integer NOT NULL,
    among     integer NOT NULL,
    PRIMARY KEY (tenant, key_id, request)
);
CREATE INDEX retry_blocks_ends ON retry_blocks (ends);
