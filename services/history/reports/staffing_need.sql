-- How many agents would each queue have needed in each quarter of an hour to answer its callers in time?
-- ru: Сколько операторов нужно было каждой очереди в каждую четверть часа, чтобы вовремя отвечать?
-- The fewest agents of whom Erlang C expects a service level of `target` percent within `threshold` seconds, from the calls that
-- joined the queue in the quarter and the average handle time of the queue on all that was chosen. Nobody gives up in Erlang C: where
-- callers do, fewer agents may be enough. Agents are those who take calls all the time: breaks and training come on top. `day` is a
-- day in `zone`, `to` the first moment that is left out. A queue that handled nothing has no handle time, and so no need; neither
-- has a quarter of more than 10,000 erlangs, which is taken for a mistake.
-- param: day day null
-- param: zone zone UTC
-- param: from instant null
-- param: to instant null
-- param: queue text null
-- param: threshold whole 20
-- param: target whole 80
-- key: queue, interval
-- chart: line x=interval y=agents by=queue
-- with: bounds AS (
--    SELECT coalesce($from::TIMESTAMPTZ, $day::DATE::TIMESTAMP AT TIME ZONE $zone, '-infinity') AS starts_at,
--    coalesce($to::TIMESTAMPTZ, ($day::DATE + 1)::TIMESTAMP AT TIME ZONE $zone, 'infinity') AS ends_at)
-- behind: queue_interval of calls, erlangs..asa where
--    clock = 'enqueue' AND queue = $row_queue AND "interval"::TIMESTAMP = $row_interval
-- behind: queue_handle of aht..asa where queue = $row_queue
--    AND (SELECT "interval"::TIMESTAMPTZ >= starts_at AND "interval"::TIMESTAMPTZ < ends_at FROM bounds)
-- column: queue text | Queue | Очередь
-- column: interval instant | Quarter of an hour | Четверть часа
-- column: calls count | Calls | Звонки
-- column: aht seconds | Average handle time, s | Среднее время обработки, с
-- column: erlangs number | Traffic, erlangs | Нагрузка, эрланги
-- column: agents count | Agents needed | Нужно операторов
-- column: service_level percent | Expected service level, % | Ожидаемый уровень сервиса, %
-- column: occupancy percent | Expected occupancy, % | Ожидаемая занятость, %
-- column: asa seconds | Expected average speed of answer, s | Ожидаемое среднее время ответа, с
WITH RECURSIVE
wish AS (
    SELECT CASE WHEN $target::BIGINT BETWEEN 0 AND 99 THEN $target / 100.0::DOUBLE
                ELSE error('target: a percentage from 0 to 99; no number of agents answers everybody in time'
                           || ' | процент от 0 до 99; никакое число операторов не ответит вовремя всем') END AS target,
           CASE WHEN $threshold::BIGINT >= 0 THEN $threshold::DOUBLE
                ELSE error('threshold: seconds, 0 or more | секунды, 0 или больше') END AS threshold
),
bounds AS (
    SELECT coalesce($from::TIMESTAMPTZ, $day::DATE::TIMESTAMP AT TIME ZONE $zone, '-infinity')     AS starts_at,
           coalesce($to::TIMESTAMPTZ, ($day::DATE + 1)::TIMESTAMP AT TIME ZONE $zone, 'infinity')  AS ends_at
),
arrived AS (
    SELECT queue, "interval", sum(calls)::BIGINT AS calls
    FROM queue_interval, bounds
    WHERE clock = 'enqueue' AND "interval"::TIMESTAMPTZ >= starts_at AND "interval"::TIMESTAMPTZ < ends_at
      AND ($queue::VARCHAR IS NULL OR queue = $queue::VARCHAR)
    GROUP BY queue, "interval"
),
handled AS (
    SELECT queue, aht_v1(handle_seconds, calls) AS aht, sum(handle_seconds)::DOUBLE / nullif(sum(calls), 0) AS handle
    FROM queue_handle, bounds
    WHERE "interval"::TIMESTAMPTZ >= starts_at AND "interval"::TIMESTAMPTZ < ends_at
    GROUP BY queue
),
traffic AS (
    SELECT arrived.*, aht, handle, calls * handle / 900 AS erlangs FROM arrived LEFT JOIN handled USING (queue)
),
tried AS (
    SELECT DISTINCT erlangs, threshold / handle AS patience, target, 0::BIGINT AS agents, 1::DOUBLE AS blocked
    FROM traffic, wish
    WHERE erlangs > 0 AND erlangs <= 10000
    UNION ALL
    SELECT erlangs, patience, target, agents + 1, erlang_b_next_v1(agents, erlangs, blocked)
    FROM tried
    WHERE erlang_service_level_v1(agents, erlangs, blocked, patience) < target
),
needed AS (
    SELECT erlangs, patience, max(agents) AS agents, max_by(blocked, agents) AS blocked
    FROM tried
    GROUP BY erlangs, patience
)
SELECT queue,
       "interval",
       calls,
       aht,
       round(traffic.erlangs, 2)::DECIMAL(18, 2)                                   AS erlangs,
       agents,
       round(100 * erlang_service_level_v1(agents, needed.erlangs, blocked, patience), 2)::DECIMAL(5, 2) AS service_level,
       round(100 * erlang_occupancy_v1(agents, needed.erlangs), 2)::DECIMAL(5, 2)     AS occupancy,
       round(erlang_asa_v1(agents, needed.erlangs, blocked, handle), 2)::DECIMAL(18, 2) AS asa
FROM traffic CROSS JOIN wish
     LEFT JOIN needed ON needed.erlangs = traffic.erlangs AND patience = threshold / handle
WHERE calls > 0
ORDER BY queue, "interval"
