-- Can what each feed tells be trusted: is it alive, and what may be missing of the day?
-- `beat_ms` is its last sign of life of the last days. One that beats by the clock of its source is stalled after $silent_ms
-- without a beat; one that beats when it is told things may have nothing to tell, and is stalled after $quiet_ms by the log's
-- clock, which its beats are by: `by_log` says so, and what time it is there is $log_ms.
-- Worst first: `severity` is 2 where it is stalled, 1 where a gap of the day is open or something could not be read.
-- `ahead_s` is by how much its source's clock is ahead of ours at the least, in whole seconds, where the beats say it.
WITH known AS (
    SELECT feed,
           max(max_beat_ms)                                                                             AS by_clock_ms,
           max(max_delivery_ms)                                                                         AS by_delivery_ms,
           coalesce(sum(gaps) FILTER (day = $day), 0)::BIGINT                                           AS gaps,
           coalesce(sum(gaps_closed) FILTER (day = $day), 0)::BIGINT                                    AS gaps_closed,
           coalesce(sum(missing - missing_closed) FILTER (day = $day), 0)::BIGINT                       AS missing,
           coalesce(sum(unknown - unknown_closed) FILTER (day = $day), 0)::BIGINT                       AS unknown,
           coalesce(sum(parked) FILTER (day = $day), 0)::BIGINT                                         AS parked,
           max(max_ahead_ms) FILTER (day = $day) // 1000                                                AS ahead_s
    FROM completeness
    GROUP BY feed
),
standing AS (
    SELECT feed,
           coalesce(by_clock_ms, by_delivery_ms)                                                        AS beat_ms,
           by_clock_ms IS NULL AND by_delivery_ms IS NOT NULL                                           AS by_log,
           coalesce($now_ms - by_clock_ms > $silent_ms, $log_ms - by_delivery_ms > $quiet_ms, false)    AS stalled,
           gaps,
           greatest(0, gaps - gaps_closed)                                                              AS open_gaps,
           greatest(0, missing)                                                                         AS missing,
           greatest(0, unknown)                                                                         AS unknown,
           parked,
           ahead_s
    FROM known
)
SELECT *,
       CASE WHEN stalled THEN 2 WHEN open_gaps > 0 OR parked > 0 THEN 1 ELSE 0 END                      AS severity
FROM standing
WHERE beat_ms IS NOT NULL OR gaps > 0 OR parked > 0
ORDER BY severity DESC, open_gaps DESC, parked DESC, feed
