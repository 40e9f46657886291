-- A key belongs to a family: the first key of its chain of rotations. Counters of a key count by it, so that a rotation
-- refills none. Empty where an older program made the key: then the key itself.

ALTER TABLE api_keys ADD COLUMN family text NOT NULL DEFAULT '';

UPDATE api_keys SET family = id;

WITH RECURSIVE chain (id, family) AS (
    SELECT id, id FROM api_keys WHERE replaced_by <> '' AND id NOT IN (SELECT replaced_by FROM api_keys)
    UNION
    SELECT k.replaced_by, c.family FROM chain AS c JOIN api_keys AS k ON k.id = c.id WHERE k.replaced_by <> ''
)
UPDATE api_keys SET family = chain.family FROM chain WHERE chain.id = api_keys.id;
