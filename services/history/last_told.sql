-- The last business day that the log tells of, as of which a report is that is asked for no other; null where it tells of none.
CREATE OR REPLACE VIEW last_told AS
SELECT max(day) AS day FROM counted;
