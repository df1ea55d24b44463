-- What did each tactic come to on each business day? For the benchmark only.
-- key: tactic, day
-- live: for ever
SELECT tactic,
       day,
       1                                                                           AS calls,
       (answered_at IS NOT NULL)::INT                                              AS answered,
       talk_seconds,
       coalesce((answered_by = 'live')::INT, 0)                                    AS live
FROM calls
WHERE type = 'call.ended'
