-- How did each agent spend each day, and how busy were they?
-- ru: Как каждый агент провёл каждый день и насколько он был занят?
-- `day` is a day in `zone`, `to` the first that is left out. On contact are `talking`, `hold` and `wrap`; signed in is every state
-- but `offline`. Planned is the time that any planned activity covers, breaks within a shift once, moved and withdrawn shifts as
-- they are now. Both words are used for either ratio, so that each names its formula: occupancy is of the time on contact or
-- waiting for a call, the second one (COPC) of all time signed in and not paused, so that ringing counts, and utilisation is of
-- the planned time; in percent.
-- needs: adherence: a decision on which planned activities are work on the queue | соблюдение графика: решение, какие занятия считаются работой в очереди
-- param: day day null
-- param: from day null
-- param: to day null
-- param: zone zone UTC
-- param: rep text null
-- key: rep, day
-- chart: stack x=rep,day y=talking_seconds,hold_seconds,wrap_seconds,ready_seconds,ringing_seconds,paused_seconds
-- with: midnight AS (SELECT $row_day::TIMESTAMP AT TIME ZONE $zone AT TIME ZONE 'UTC' AS first,
--    ($row_day + 1)::TIMESTAMP AT TIME ZONE $zone AT TIME ZONE 'UTC' AS last)
-- with: changed AS (SELECT planned_starts_at FROM agents WHERE type = 'shift.changed' AND rep = $row_rep)
-- behind: agent_interval of ready_seconds..on_contact_seconds, occupancy..utilisation where
--    rep = $row_rep AND ("interval"::TIMESTAMPTZ AT TIME ZONE $zone)::DATE = $row_day
-- behind: agents of planned_seconds, utilisation where
--    type = 'shift.planned' AND rep = $row_rep AND starts_at NOT IN (FROM changed)
--    AND starts_at < (SELECT last FROM midnight) AND ends_at > (SELECT first FROM midnight)
-- context: agents of planned_seconds, utilisation where
--    type IN ('shift.planned', 'shift.changed') AND rep = $row_rep
--    AND coalesce(planned_starts_at, starts_at) IN (FROM changed)
-- column: rep text | Agent | Сотрудник
-- column: day day | Day | День
-- column: ready_seconds seconds | Ready, s | Готов, с
-- column: ringing_seconds seconds | Ringing, s | Звонок поступает, с
-- column: talking_seconds seconds | Talking, s | Разговор, с
-- column: hold_seconds seconds | Hold, s | Удержание, с
-- column: wrap_seconds seconds | After-call work, s | Постобработка, с
-- column: paused_seconds seconds | Paused, s | Пауза, с
-- column: offline_seconds seconds | Offline, s | Не в сети, с
-- column: signed_in_seconds seconds | Signed in, s | В системе, с
-- column: on_contact_seconds seconds | On contact, s | На контакте, с
-- column: planned_seconds seconds | Planned, s | По графику, с
-- column: occupancy percent | Occupancy, % | Занятость, %
-- column: occupancy_copc percent | Occupancy (COPC), % | Занятость (COPC), %
-- column: utilisation percent | Utilisation, % | Утилизация, %
WITH spent AS (
    SELECT rep,
           ("interval"::TIMESTAMPTZ AT TIME ZONE $zone)::DATE                      AS day,
           coalesce(sum(seconds) FILTER (state = 'ready'), 0)                      AS ready,
           coalesce(sum(seconds) FILTER (state = 'ringing'), 0)                    AS ringing,
           coalesce(sum(seconds) FILTER (state = 'talking'), 0)                    AS talking,
           coalesce(sum(seconds) FILTER (state = 'hold'), 0)                       AS hold,
           coalesce(sum(seconds) FILTER (state = 'wrap'), 0)                       AS wrap,
           coalesce(sum(seconds) FILTER (state = 'paused'), 0)                     AS paused,
           coalesce(sum(seconds) FILTER (state = 'offline'), 0)                    AS offline
    FROM agent_interval
    GROUP BY ALL
),
changed AS (
    SELECT rep, planned_starts_at, starts_at AS new_starts_at, ends_at AS new_ends_at
    FROM agents
    WHERE type = 'shift.changed'
    QUALIFY row_number() OVER (PARTITION BY rep, planned_starts_at ORDER BY time DESC, fact."offset" DESC) = 1
),
shift AS (
    SELECT planned.rep,
           CASE WHEN changed.rep IS NULL THEN planned.starts_at ELSE new_starts_at END AS starts_at,
           CASE WHEN changed.rep IS NULL THEN planned.ends_at ELSE new_ends_at END AS ends_at
    FROM agents AS planned
         LEFT JOIN changed ON changed.rep = planned.rep AND changed.planned_starts_at = planned.starts_at
    WHERE planned.type = 'shift.planned'
),
covered AS (
    SELECT rep,
           greatest(starts_at, max(ends_at) OVER before)                           AS starts_at,
           ends_at
    FROM shift
    WHERE starts_at < ends_at
    WINDOW before AS (PARTITION BY rep ORDER BY starts_at, ends_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
in_days AS (
    SELECT rep, starts_at, ends_at,
           unnest(generate_series((starts_at AT TIME ZONE 'UTC' AT TIME ZONE $zone)::DATE::TIMESTAMP,
                                  ends_at AT TIME ZONE 'UTC' AT TIME ZONE $zone, INTERVAL 1 DAY)) AS midnight
    FROM covered
    WHERE starts_at < ends_at
),
planned AS (
    SELECT rep,
           midnight::DATE                                                          AS day,
           half_even(sum(greatest(epoch_us(least(ends_at, (midnight + INTERVAL 1 DAY) AT TIME ZONE $zone AT TIME ZONE 'UTC'))
                                  - epoch_us(greatest(starts_at, midnight AT TIME ZONE $zone AT TIME ZONE 'UTC')), 0)), 1000000)
                                                                                   AS planned
    FROM in_days
    GROUP BY ALL
    HAVING planned > 0
),
agent_day AS (
    SELECT coalesce(spent.rep, planned.rep) AS rep, coalesce(spent.day, planned.day) AS day,
           spent.* EXCLUDE (rep, day), planned,
           talking + hold + wrap                                                   AS on_contact,
           ready + ringing + talking + hold + wrap                                 AS at_the_phone
    FROM spent FULL JOIN planned ON planned.rep = spent.rep AND planned.day = spent.day
)
SELECT rep,
       day,
       coalesce(ready, 0)::BIGINT                                                  AS ready_seconds,
       coalesce(ringing, 0)::BIGINT                                                AS ringing_seconds,
       coalesce(talking, 0)::BIGINT                                                AS talking_seconds,
       coalesce(hold, 0)::BIGINT                                                   AS hold_seconds,
       coalesce(wrap, 0)::BIGINT                                                   AS wrap_seconds,
       coalesce(paused, 0)::BIGINT                                                 AS paused_seconds,
       coalesce(offline, 0)::BIGINT                                                AS offline_seconds,
       coalesce(at_the_phone + paused, 0)::BIGINT                                  AS signed_in_seconds,
       coalesce(on_contact, 0)::BIGINT                                             AS on_contact_seconds,
       planned::BIGINT                                                             AS planned_seconds,
       occupancy_v1(on_contact, ready)                                             AS occupancy,
       occupancy_copc_v1(on_contact, at_the_phone)                                 AS occupancy_copc,
       utilisation_v1(coalesce(on_contact, 0), planned)                            AS utilisation
FROM agent_day
WHERE ($day::DATE IS NULL OR day = $day::DATE)
  AND ($from::DATE IS NULL OR day >= $from::DATE)
  AND ($to::DATE IS NULL OR day < $to::DATE)
  AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
ORDER BY day, rep
