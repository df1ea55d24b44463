-- How long did it take to handle the calls of each queue that ended in each quarter of an hour?
-- Handle time is talk (hold included) and after-call work; buckets grow by about a tenth: floor(10 ln(1 + seconds)).
-- key: queue, interval, handle
-- live: 24 hours of interval
SELECT queue,
       time_bucket(INTERVAL 15 MINUTES, ended_at)                                  AS interval,
       floor(10 * ln(1 + talk_seconds + wrap_seconds))::BIGINT                     AS handle,
       1                                                                           AS calls,
       talk_seconds,
       hold_seconds,
       wrap_seconds,
       talk_seconds + wrap_seconds                                                 AS handle_seconds
FROM calls
WHERE type = 'call.ended' AND queue IS NOT NULL AND answered_at IS NOT NULL
