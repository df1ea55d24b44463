-- How did the calls of each quarter of an hour fare in each queue, and how long had their callers waited?
-- A call is counted once by each clock: in the quarter in which it joined, was answered, and ended.
-- `wait` is the upper edge of a bucket, so that "within 120 seconds" is exact: by the second to 60, by 5 to 300, by the minute.
-- key: queue, interval, clock, outcome, answered, wait
-- live: 24 hours of interval
SELECT queue,
       time_bucket(INTERVAL 15 MINUTES, CASE clock WHEN 'enqueue' THEN enqueued_at
                                                   WHEN 'answer'  THEN answered_at
                                                   ELSE ended_at END)              AS interval,
       clock,
       outcome,
       answered_at IS NOT NULL                                                     AS answered,
       CASE WHEN wait_seconds <= 60  THEN wait_seconds
            WHEN wait_seconds <= 300 THEN (wait_seconds - 1) // 5 * 5 + 5
            ELSE (wait_seconds - 1) // 60 * 60 + 60 END                            AS wait,
       1                                                                           AS calls,
       wait_seconds
FROM calls, UNNEST(['enqueue', 'answer', 'end']) AS t(clock)
WHERE type = 'call.ended' AND queue IS NOT NULL
      AND CASE clock WHEN 'enqueue' THEN enqueued_at WHEN 'answer' THEN answered_at ELSE ended_at END IS NOT NULL
