-- One row a scope, with its windows in it, where each window was a row: a request counts in several windows of the same
-- few scopes, and what a row costs is paid for each. `windows` has a line for each window, by length and start:
-- "month 1793491200 <spent> <held> <requests> <tokens> <tokens_held> <in_flight>" (store/scope_rows.hpp).
-- A process of before finds the table changed and admits nothing more: replace all processes of a store together.

ALTER TABLE counters RENAME TO window_counters;
ALTER INDEX counters_pkey RENAME TO window_counters_pkey;

-- The hottest table: narrow, no second index, half of each page left free so that an update stays in its page.
CREATE TABLE counters (
    tenant  text COLLATE "C" NOT NULL,
    scope   text COLLATE "C" NOT NULL,
    windows text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, scope)
) WITH (fillfactor = 50);

INSERT INTO counters (tenant, scope, windows)
SELECT tenant, scope,
       string_agg(concat_ws(' ', (ARRAY['minute', 'hour', 'day', 'week', 'month', 'total'])[span + 1], start_s, spent,
                            held, requests, tokens, tokens_held, in_flight) || E'\n', '' ORDER BY span, start_s)
FROM window_counters
GROUP BY tenant, scope;

DROP TABLE window_counters;
