-- One row a scope, with its windows in it, where each window was a row: a request counts in several windows of the same
-- few scopes, and what a row costs is paid for each. `windows` has a line for each window, by length and start:
-- "month 1793491200 <spent> <held> <requests> <tokens> <tokens_held> <in_flight>" (store/scope_rows.hpp).
-- A process of before finds the table changed and admits nothing more: replace all processes of a store together.

ALTER TABLE counters RENAME TO window_counters;

-- The hottest table: narrow, no second index.
CREATE TABLE counters (
    tenant  text NOT NULL,
    scope   text NOT NULL,
    windows text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant, scope)
) WITHOUT ROWID;

INSERT INTO counters (tenant, scope, windows)
SELECT tenant, scope, group_concat(line, '')
FROM (SELECT tenant, scope,
             CASE span WHEN 0 THEN 'minute' WHEN 1 THEN 'hour' WHEN 2 THEN 'day' WHEN 3 THEN 'week' WHEN 4 THEN 'month'
                       ELSE 'total' END
             || ' ' || start_s || ' ' || spent || ' ' || held || ' ' || requests || ' ' || tokens || ' ' || tokens_held
             || ' ' || in_flight || char(10) AS line
      FROM window_counters
      ORDER BY tenant, scope, span, start_s)
GROUP BY tenant, scope;

DROP TABLE window_counters;
