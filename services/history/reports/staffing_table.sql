-- How many seats of each post has each unit, how many may it have, and how many are filled?
-- ru: Сколько штатных единиц каждой должности есть в каждом подразделении, сколько разрешено и сколько занято?
-- As of the start of the day `as_of`; without it, of the last business day that the log tells of. Planned is what the headcount plans
-- in force allow; `to_open` has no position yet, and is what no plan of a unit below provides for. A seat is filled until it is vacated: those of people who have left since are
-- `filled_by_left` as well. Of each currency there is a row. Costs are those of a month when filled.
-- param: as_of day null
-- param: unit text null
-- param: post text null
-- key: unit, post, currency
-- chart: stack x=unit,post,currency y=filled,vacant,to_open
-- with: moment AS (SELECT coalesce($as_of::DATE, (SELECT day FROM last_told)) AS as_of)
-- with: seat AS (SELECT position FROM people
--    WHERE type = 'position.opened' AND unit = $row_unit AND post = $row_post AND currency = $row_currency)
-- with: planned AS (SELECT plan FROM people WHERE type = 'headcount_plan.approved' AND unit = $row_unit)
-- with: closed AS (SELECT position FROM people WHERE type = 'position.closed' AND ends_on <= (SELECT as_of FROM moment))
-- behind: people of planned, to_open where
--    type = 'headcount_plan.approved' AND unit = $row_unit AND currency = $row_currency
--    AND list_contains([part.post FOR part IN posts], $row_post)
--    AND starts_on <= (SELECT as_of FROM moment) AND (SELECT as_of FROM moment) < ends_on
-- behind: people of positions..vacant_cost_minor where
--    type = 'position.opened' AND position IN (FROM seat) AND position NOT IN (FROM closed)
--    AND starts_on <= (SELECT as_of FROM moment) AND (ends_on IS NULL OR (SELECT as_of FROM moment) < ends_on)
-- context: people of to_open where
--    type = 'headcount_plan.approved' AND parent_plan IN (FROM planned)
-- context: people of positions..vacant_cost_minor where
--    position IN (FROM seat) AND (type IN ('position.filled', 'position.vacated', 'position.closed')
--    OR type = 'position.opened' AND position IN (FROM closed))
-- context: people of filled_by_left where
--    type = 'rep.left' AND rep IN (SELECT rep FROM people WHERE type = 'position.filled' AND position IN (FROM seat))
-- column: unit text | Unit | Подразделение
-- column: post text | Post | Должность
-- column: currency text | Currency | Валюта
-- column: planned count | Planned | По плану
-- column: positions count | Positions | Штатных единиц
-- column: to_open count | Yet to open | Ещё не открыто
-- column: filled count | Filled | Занято
-- column: filled_by_left count | Filled by people who left | Занято ушедшими
-- column: vacant count | Vacant | Вакантно
-- column: full_time number | Full-time equivalents | Ставок
-- column: cost_minor minor | Cost of a month, minor units | Стоимость в месяц, мин. ед.
-- column: vacant_cost_minor minor | Of it vacant, minor units | Из неё вакантно, мин. ед.
WITH moment AS (
    SELECT coalesce($as_of::DATE, (SELECT day FROM last_told)) AS as_of
),
line AS (
    SELECT plan, parent_plan, unit, currency, line.post AS post, line.positions AS positions
    FROM (SELECT plan, parent_plan, unit, currency, unnest(posts) AS line
          FROM people, moment
          WHERE type = 'headcount_plan.approved' AND starts_on <= as_of AND as_of < ends_on)
),
handed_on AS (
    SELECT parent_plan AS plan, post, currency, sum(positions) AS handed_on
    FROM line WHERE parent_plan IS NOT NULL
    GROUP BY ALL
),
planned AS (
    SELECT unit, post, currency, sum(positions) AS planned, sum(positions - coalesce(handed_on, 0)) AS own
    FROM line LEFT JOIN handed_on USING (plan, post, currency)
    GROUP BY ALL
),
closed AS (
    SELECT position, min(ends_on) AS closed_on FROM people WHERE type = 'position.closed' GROUP BY position
),
seat AS (
    SELECT position, unit, post, currency, full_time_bp, cost_minor
    FROM people LEFT JOIN closed USING (position) CROSS JOIN moment
    WHERE type = 'position.opened' AND starts_on <= as_of
      AND (ends_on IS NULL OR as_of < ends_on) AND (closed_on IS NULL OR as_of < closed_on)
),
taken AS (
    SELECT taken.position, taken.rep, coalesce(taken.ends_on, min(given_up.ends_on)) AS until
    FROM people AS taken
         LEFT JOIN people AS given_up ON given_up.type = 'position.vacated' AND given_up.position = taken.position
                                     AND given_up.rep = taken.rep AND given_up.fact."offset" > taken.fact."offset"
         CROSS JOIN moment
    WHERE taken.type = 'position.filled' AND taken.starts_on <= as_of
    GROUP BY taken.position, taken.rep, taken.ends_on, taken.fact, as_of
    HAVING coalesce(coalesce(taken.ends_on, min(given_up.ends_on)) > as_of, true)
),
gone AS (
    SELECT DISTINCT rep FROM people, moment WHERE type = 'rep.left' AND ends_on <= as_of
),
manned AS (
    SELECT position, bool_or(gone.rep IS NOT NULL) AS is_left
    FROM taken LEFT JOIN gone USING (rep)
    GROUP BY position
),
there AS (
    SELECT unit, post, currency,
           count(*)                                                                AS positions,
           count(manned.position)                                                  AS filled,
           count(*) FILTER (is_left)                                               AS filled_by_left,
           sum(full_time_bp)                                                       AS full_time_bp,
           sum(cost_minor)                                                         AS cost_minor,
           coalesce(sum(cost_minor) FILTER (manned.position IS NULL), 0)           AS vacant_cost_minor
    FROM seat LEFT JOIN manned USING (position)
    GROUP BY ALL
)
SELECT unit,
       post,
       currency,
       coalesce(planned, 0)::BIGINT                                                AS planned,
       coalesce(positions, 0)                                                      AS positions,
       greatest(coalesce(own, 0) - coalesce(positions, 0), 0)::BIGINT              AS to_open,
       coalesce(filled, 0)                                                         AS filled,
       coalesce(filled_by_left, 0)                                                 AS filled_by_left,
       coalesce(positions - filled, 0)                                             AS vacant,
       quotient(coalesce(full_time_bp, 0), 10000)                                  AS full_time,
       coalesce(cost_minor, 0)::BIGINT                                             AS cost_minor,
       coalesce(vacant_cost_minor, 0)::BIGINT                                      AS vacant_cost_minor
FROM planned FULL JOIN there USING (unit, post, currency)
WHERE ($unit::VARCHAR IS NULL OR unit = $unit::VARCHAR) AND ($post::VARCHAR IS NULL OR post = $post::VARCHAR)
ORDER BY unit, post, currency
