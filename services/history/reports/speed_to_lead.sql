-- How soon were leads called, and how soon did somebody speak with the person?
-- ru: Как скоро лидам звонили и как скоро с человеком поговорили?
-- Two clocks run from the lead's coming in: to the first call to the person (`attempt`), and to the first on which a rep and a
-- person spoke (`contact`; a machine is none). Both are in seconds of business hours: on working days of the country from
-- `opens` to `closes`, in minutes after midnight in `zone`. So a lead of Friday night waits from Monday morning. Medians are
-- of those that were called or spoken with; a share is of all leads, in percent. `within` is in minutes.
-- Leads of the days from `from` to before `to`, by pool and by where they came from.
-- param: from day null
-- param: to day null
-- param: pool text null
-- param: zone zone UTC
-- param: country country RU
-- param: opens whole 540
-- param: closes whole 1080
-- param: within whole 5
-- key: pool, found_through
-- chart: bar x=pool,found_through y=attempted_within
-- with: received AS (SELECT lead FROM leads WHERE type = 'lead.received' AND pool IS NOT DISTINCT FROM $row_pool
--    AND found_through IS NOT DISTINCT FROM $row_found_through
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE))
-- behind: leads where type = 'lead.received' AND lead IN (FROM received)
-- context: calls of attempted..contact_share where type = 'call.ended' AND lead IN (FROM received)
-- column: pool text | Pool | Пул
-- column: found_through text | Found through | Откуда пришёл
-- column: leads count | Leads | Лиды
-- column: attempted count | Called | Звонили
-- column: contacted count | Spoken with | Поговорили
-- column: attempt_p50_seconds seconds | Median time to the first call, s | Медиана до первого звонка, с
-- column: contact_p50_seconds seconds | Median time to the first talk, s | Медиана до первого разговора, с
-- column: attempted_within percent | Called in time, % | Звонили вовремя, %
-- column: contact_share percent | Spoken with, % | Поговорили, %
WITH lead AS (
    SELECT lead, pool, found_through, time AS received_at
    FROM leads
    WHERE type = 'lead.received'
      AND ($from::DATE IS NULL OR day >= $from::DATE)
      AND ($to::DATE IS NULL OR day < $to::DATE)
      AND ($pool::VARCHAR IS NULL OR pool = $pool::VARCHAR)
),
call AS (
    SELECT lead, direction, answered_by, coalesce(enqueued_at, answered_at, ended_at) AS called_at, answered_at
    FROM calls
    WHERE type = 'call.ended' AND lead IS NOT NULL
    GROUP BY lead, call, queue, direction, answered_by, enqueued_at, answered_at, ended_at
    HAVING sum(fact.weight) > 0
),
clock AS (
    SELECT lead.*,
           min(called_at) FILTER (direction = 'outbound' AND called_at >= received_at)           AS attempt_at,
           min(answered_at) FILTER (answered_by IS DISTINCT FROM 'machine' AND answered_at >= received_at) AS contact_at
    FROM lead LEFT JOIN call USING (lead)
    GROUP BY ALL
),
hours AS (
    SELECT (day::TIMESTAMP + to_minutes($opens::INT)) AT TIME ZONE $zone AT TIME ZONE 'UTC'      AS opens_at,
           (day::TIMESTAMP + to_minutes($closes::INT)) AT TIME ZONE $zone AT TIME ZONE 'UTC'     AS closes_at
    FROM working_days
    WHERE day >= (SELECT min(received_at)::DATE - 1 FROM lead)
      AND day <= (SELECT greatest(max(attempt_at), max(contact_at))::DATE + 1 FROM clock)
),
waited AS (
    SELECT clock.*,
           (SELECT sum(greatest(epoch(least(closes_at, attempt_at) - greatest(opens_at, received_at)), 0))
            FROM hours WHERE attempt_at IS NOT NULL)                                             AS to_attempt,
           (SELECT sum(greatest(epoch(least(closes_at, contact_at) - greatest(opens_at, received_at)), 0))
            FROM hours WHERE contact_at IS NOT NULL)                                             AS to_contact
    FROM clock
)
SELECT pool,
       found_through,
       count(*)                                                                    AS leads,
       count(attempt_at)                                                           AS attempted,
       count(contact_at)                                                           AS contacted,
       round(median(coalesce(to_attempt, 0)) FILTER (attempt_at IS NOT NULL))::BIGINT AS attempt_p50_seconds,
       round(median(coalesce(to_contact, 0)) FILTER (contact_at IS NOT NULL))::BIGINT AS contact_p50_seconds,
       round(100 * count(*) FILTER (attempt_at IS NOT NULL AND coalesce(to_attempt, 0) <= $within * 60) / count(*), 2)::DECIMAL(5, 2)
                                                                                   AS attempted_within,
       round(100 * count(contact_at) / count(*), 2)::DECIMAL(5, 2)                 AS contact_share
FROM waited
GROUP BY pool, found_through
ORDER BY pool, found_through
