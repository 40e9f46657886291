-- Only SQLite has an index to lose here: this store locks reservations by their id alone.

SELECT 1;
