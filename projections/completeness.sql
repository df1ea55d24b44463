-- Is what each feed told of each day complete, or what may be missing of it?
-- A gap is counted on the day on which it was found, and closed on that day too, whenever it was: `gaps - gaps_closed` are
-- open. `missing` counts items of gaps that the source numbers, `unknown` the gaps of which nobody knows how large they are.
-- `received` and `appended` are of readings, an item that is read twice counts twice; `parked` is of readings and of beats.
-- A feed's last sign of life is `max_beat_ms`, by the clock of its source, or else `max_delivery_ms`, by ours.
-- key: feed, day
-- live: 8 days of day
SELECT feed,
       day,
       1                                                                           AS readings,
       received,
       appended,
       parked
FROM feeds
WHERE type = 'feed.caught_up'
UNION ALL BY NAME
SELECT feed,
       day,
       1                                                                           AS gaps,
       coalesce(missing, 0)                                                        AS missing,
       CASE WHEN missing IS NULL THEN 1 ELSE 0 END                                 AS unknown
FROM feeds
WHERE type = 'feed.gap_found'
UNION ALL BY NAME
SELECT feed,
       found_on                                                                    AS day,
       1                                                                           AS gaps_closed,
       coalesce(missing, 0)                                                        AS missing_closed,
       CASE WHEN missing IS NULL THEN 1 ELSE 0 END                                 AS unknown_closed
FROM feeds
WHERE type = 'feed.gap_closed'
UNION ALL BY NAME
SELECT feed,
       day,
       1                                                                           AS beats,
       coalesce(parked, 0)                                                         AS parked,
       CASE WHEN paced_by IS NULL THEN epoch_ms(time) END                          AS max_beat_ms,
       CASE WHEN paced_by IS NOT NULL THEN epoch_ms(time) END                      AS max_delivery_ms,
       ahead_ms                                                                    AS max_ahead_ms
FROM feeds
WHERE type = 'feed.beat'
