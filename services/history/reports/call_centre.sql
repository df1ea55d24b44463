-- How did each queue serve its callers, in each quarter of an hour and in all?
-- ru: Как каждая очередь обслуживала звонящих: по четвертям часа и всего?
-- A row without an interval is the total of its queue. A call belongs to the quarter in which it joined the queue, was
-- answered or ended, as the clock says; handle time always to the quarter in which the call ended. `day` is a day in `zone`,
-- `to` the first moment that is left out. The target is a percentage, met or not by the service level under `policy`.
-- param: day day null
-- param: zone zone UTC
-- param: from instant null
-- param: to instant null
-- param: queue text null
-- param: clock enqueue|answer|end enqueue
-- param: threshold whole 20
-- param: short whole 5
-- param: target whole 80
-- param: policy answered_only|offered|removed|ignore_abandon_within_threshold|exclude_short|abandon_after_threshold offered
-- key: queue, interval
-- chart: line x=interval y=service_level_offered by=queue
-- with: bounds AS (
--    SELECT coalesce($from::TIMESTAMPTZ, $day::DATE::TIMESTAMP AT TIME ZONE $zone, '-infinity') AS starts_at,
--    coalesce($to::TIMESTAMPTZ, ($day::DATE + 1)::TIMESTAMP AT TIME ZONE $zone, 'infinity') AS ends_at)
-- behind: queue_interval of offered..asa, abandon_rate where
--    clock = $clock AND queue = $row_queue AND "interval"::TIMESTAMP = coalesce($row_interval, "interval"::TIMESTAMP)
--    AND (SELECT "interval"::TIMESTAMPTZ >= starts_at AND "interval"::TIMESTAMPTZ < ends_at FROM bounds)
-- behind: queue_handle of aht where queue = $row_queue AND "interval"::TIMESTAMP = coalesce($row_interval, "interval"::TIMESTAMP)
--    AND (SELECT "interval"::TIMESTAMPTZ >= starts_at AND "interval"::TIMESTAMPTZ < ends_at FROM bounds)
-- column: queue text | Queue | Очередь
-- column: interval instant | Quarter of an hour | Четверть часа
-- column: offered count | Offered | Поступило
-- column: answered count | Answered | Отвечено
-- column: abandoned count | Abandoned | Потеряно
-- column: timed_out count | Timed out | Истекло время
-- column: key_exit count | Left by key | Вышли по клавише
-- column: other count | Left otherwise | Ушли иначе
-- column: transferred count | Transferred | Переведено
-- column: service_level_answered_only percent | Service level: of answered, % | Уровень сервиса: от отвеченных, %
-- column: service_level_offered percent | Service level: of offered, % | Уровень сервиса: от поступивших, %
-- column: service_level_removed percent | Service level: abandoned removed, % | Уровень сервиса: без потерянных, %
-- column: service_level_ignore_abandon_within_threshold percent | Service level: abandoned within threshold ignored, % | Уровень сервиса: без потерянных до порога, %
-- column: service_level_exclude_short percent | Service level: short abandons excluded, % | Уровень сервиса: без коротких потерь, %
-- column: service_level_abandon_after_threshold percent | Service level: abandoned after threshold counted, % | Уровень сервиса: с потерянными после порога, %
-- column: target_met flag | Target met | Цель достигнута
-- column: asa seconds | Average speed of answer, s | Среднее время ответа, с
-- column: aht seconds | Average handle time, s | Среднее время обработки, с
-- column: abandon_rate percent | Abandon rate, % | Доля потерянных, %
WITH edges AS (
    SELECT CASE WHEN is_wait_edge($threshold) THEN $threshold
                ELSE error('threshold: waits are kept by the second to 60, by 5 to 300, then by the minute'
                      || ' | ожидание хранится по секундам до 60, по 5 до 300, затем по минутам') END AS threshold,
           CASE WHEN is_wait_edge($short) THEN $short
                ELSE error('short: waits are kept by the second to 60, by 5 to 300, then by the minute'
                      || ' | ожидание хранится по секундам до 60, по 5 до 300, затем по минутам') END     AS short
),
bounds AS (
    SELECT coalesce($from::TIMESTAMPTZ, $day::DATE::TIMESTAMP AT TIME ZONE $zone, '-infinity')     AS starts_at,
           coalesce($to::TIMESTAMPTZ, ($day::DATE + 1)::TIMESTAMP AT TIME ZONE $zone, 'infinity')  AS ends_at
),
fared AS (
    SELECT queue_interval.*, edges.*
    FROM queue_interval, edges, bounds
    WHERE clock = $clock
      AND "interval"::TIMESTAMPTZ >= starts_at AND "interval"::TIMESTAMPTZ < ends_at
      AND ($queue::VARCHAR IS NULL OR queue = $queue::VARCHAR)
),
served AS (
    SELECT queue,
           "interval",
           sum(calls)::BIGINT                                                                           AS offered,
           answered_in_all(calls, answered)::BIGINT                                                     AS answered,
           abandoned_in_all(calls, outcome, answered)::BIGINT                                           AS abandoned,
           coalesce(sum(calls) FILTER (outcome = 'timed_out' AND answered = 0), 0)::BIGINT              AS timed_out,
           coalesce(sum(calls) FILTER (outcome = 'key_exit' AND answered = 0), 0)::BIGINT               AS key_exit,
           coalesce(sum(calls) FILTER (starts_with(outcome, 'transferred')), 0)::BIGINT                 AS transferred,
           service_level_answered_only_v1(calls, outcome, answered, wait, threshold, short)             AS answered_only,
           service_level_offered_v1(calls, outcome, answered, wait, threshold, short)                   AS offered_,
           service_level_removed_v1(calls, outcome, answered, wait, threshold, short)                   AS removed,
           service_level_ignore_abandon_within_threshold_v1(calls, outcome, answered, wait, threshold, short)
                                                                                                        AS ignore_abandon,
           service_level_exclude_short_v1(calls, outcome, answered, wait, threshold, short)             AS exclude_short,
           service_level_abandon_after_threshold_v1(calls, outcome, answered, wait, threshold, short)   AS abandon_after,
           asa_v1(calls, answered, wait_seconds)                                                        AS asa,
           abandon_rate_v1(calls, outcome, answered)                                                    AS abandon_rate
    FROM fared
    GROUP BY GROUPING SETS ((queue, "interval"), (queue))
),
handled AS (
    SELECT queue, "interval", aht_v1(handle_seconds, calls) AS aht
    FROM queue_handle, bounds
    WHERE "interval"::TIMESTAMPTZ >= starts_at AND "interval"::TIMESTAMPTZ < ends_at
      AND ($queue::VARCHAR IS NULL OR queue = $queue::VARCHAR)
    GROUP BY GROUPING SETS ((queue, "interval"), (queue))
),
both_clocks AS (
    SELECT coalesce(served.queue, handled.queue) AS queue, coalesce(served."interval", handled."interval") AS "interval",
           served.* EXCLUDE (queue, "interval"), aht
    FROM served FULL JOIN handled
         ON served.queue = handled.queue AND served."interval" IS NOT DISTINCT FROM handled."interval"
)
SELECT queue,
       "interval",
       coalesce(offered, 0)                                                        AS offered,
       coalesce(answered, 0)                                                       AS answered,
       coalesce(abandoned, 0)                                                      AS abandoned,
       coalesce(timed_out, 0)                                                      AS timed_out,
       coalesce(key_exit, 0)                                                       AS key_exit,
       coalesce(offered - answered - abandoned - timed_out - key_exit, 0)          AS other,
       coalesce(transferred, 0)                                                    AS transferred,
       answered_only                                                               AS service_level_answered_only,
       offered_                                                                    AS service_level_offered,
       removed                                                                     AS service_level_removed,
       ignore_abandon                                                              AS service_level_ignore_abandon_within_threshold,
       exclude_short                                                               AS service_level_exclude_short,
       abandon_after                                                               AS service_level_abandon_after_threshold,
       CASE $policy WHEN 'answered_only' THEN answered_only
                    WHEN 'offered' THEN offered_
                    WHEN 'removed' THEN removed
                    WHEN 'ignore_abandon_within_threshold' THEN ignore_abandon
                    WHEN 'exclude_short' THEN exclude_short
                    ELSE abandon_after END >= $target                              AS target_met,
       asa,
       aht,
       abandon_rate
FROM both_clocks
ORDER BY queue, "interval" NULLS LAST
