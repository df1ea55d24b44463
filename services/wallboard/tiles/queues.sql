-- How does each queue stand: who is waiting, since when, and how have the day's callers been served?
-- The day's callers are those who joined on it. Worst first: `wait_severity` is 2 where somebody waits longer than the alarm,
-- `level_severity` 2 where the service level is below three quarters of the goal and 1 where it is below the goal; `severity`
-- is the greater one; then the lowest service level.
-- Somebody who joined a day ago and never left is a fact that got lost, not a caller.
WITH waiting AS (
    SELECT queue,
           count(*)                                                                                     AS waiting,
           greatest(0, ($now_ms - min(joined_ms)) // 1000)                                              AS longest_wait_s
    FROM queue_waiting
    WHERE waiting = 1 AND joined_ms > $now_ms - 86_400_000
    GROUP BY queue
),
served AS (
    SELECT queue,
           sum(calls)::BIGINT                                                                           AS offered,
           answered_in_all(calls, answered)::BIGINT                                                     AS answered,
           abandoned_in_all(calls, outcome, answered)::BIGINT                                           AS abandoned,
           CASE $policy
               WHEN 'answered_only'
                   THEN service_level_answered_only_v1(calls, outcome, answered, wait, $target_s, $short_s)
               WHEN 'offered'
                   THEN service_level_offered_v1(calls, outcome, answered, wait, $target_s, $short_s)
               WHEN 'removed'
                   THEN service_level_removed_v1(calls, outcome, answered, wait, $target_s, $short_s)
               WHEN 'ignore_abandon_within_threshold'
                   THEN service_level_ignore_abandon_within_threshold_v1(
                            calls, outcome, answered, wait, $target_s, $short_s)
               WHEN 'exclude_short'
                   THEN service_level_exclude_short_v1(calls, outcome, answered, wait, $target_s, $short_s)
               ELSE service_level_abandon_after_threshold_v1(calls, outcome, answered, wait, $target_s, $short_s)
           END                                                                                          AS service_level
    FROM queue_interval
    WHERE clock = 'enqueue' AND "interval" >= $day_starts AND "interval" < $day_ends
    GROUP BY queue
),
standing AS (
    SELECT queue,
           coalesce(waiting, 0)                                                                         AS waiting,
           coalesce(longest_wait_s, 0)                                                                  AS longest_wait_s,
           coalesce(offered, 0)                                                                         AS offered,
           coalesce(answered, 0)                                                                        AS answered,
           coalesce(abandoned, 0)                                                                       AS abandoned,
           service_level::DECIMAL(5, 1)                                                                 AS service_level
    FROM waiting FULL JOIN served USING (queue)
)
SELECT *,
       $policy                                                                                          AS policy,
       $target_s                                                                                        AS target_s,
       CASE WHEN longest_wait_s > $wait_alarm_s THEN 2 ELSE 0 END                                       AS wait_severity,
       CASE WHEN 4 * service_level < 3 * $goal_percent THEN 2
            WHEN service_level < $goal_percent THEN 1
            ELSE 0 END                                                                                  AS level_severity,
       greatest(wait_severity, level_severity)                                                          AS severity
FROM standing
ORDER BY severity DESC, service_level NULLS LAST, longest_wait_s DESC, queue
