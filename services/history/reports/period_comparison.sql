-- Is more sold and are more calls made than in the period before, and than a year ago?
-- ru: Продаём ли мы больше и звоним ли больше, чем в прошлом периоде и год назад?
-- The month, quarter or year of `as_of` to the end of that day (without it, of the last business day that the log tells of),
-- against as many working days of the period before (`previous`) and of the same one a year ago (`year_before`; of a year they
-- are one). Days off count with the working day before them; where the former period has fewer working days, all of it counts.
-- Its numbers are restated: what is known of it now. Beside them stands what this report said when the last of these days was over
-- in `zone`: the difference is what came or was corrected later, or who turned out to work elsewhere. Where the log has not come to
-- that moment, it is what is known; where it had not begun by then, there is nothing. A former period that was over before the log's
-- first call or sale is not known.
-- Reps are measured by what they were credited with and the calls they answered or made; units by their members of each day, and
-- from one deal a unit gets no more than it brought; the company is everybody. Of each currency there is a row; calls have none,
-- so that they stand in each of these rows again. Changes are in percent. Working days are those of the country.
-- param: as_of day null
-- param: by month|quarter|year month
-- param: rep text null
-- param: unit text null
-- param: country country RU
-- param: zone zone UTC
-- then: SELECT known_at, before_until - 1 AS as_of, NULL AS unit FROM compared_periods($as_of, $by, $zone)
-- key: level, rep, unit, comparison, currency
-- chart: bar x=level,rep,unit,comparison y=booked_change by=currency
-- behind: rep_day of calls..calls_change where calls IS NOT NULL AND (day::DATE BETWEEN $row_starts_on AND $row_through_on
--    OR day::DATE BETWEEN $row_before_starts_on AND $row_before_through_on)
--    AND CASE $row_level WHEN 'rep' THEN rep = $row_rep WHEN 'company' THEN true ELSE EXISTS (
--    FROM belonging WHERE belonging.rep = rep_day.rep AND unit = $row_unit AND rep_day.day::DATE >= from_on
--    AND rep_day.day::DATE < before_on) END
-- behind: deal_credit of deals_won..booked_change where
--    $row_level <> 'company' AND currency = coalesce($row_currency, currency)
--    AND (day::DATE BETWEEN $row_starts_on AND $row_through_on
--    OR day::DATE BETWEEN $row_before_starts_on AND $row_before_through_on)
--    AND CASE $row_level WHEN 'rep' THEN rep = $row_rep WHEN 'company' THEN true ELSE EXISTS (
--    FROM belonging WHERE belonging.rep = deal_credit.rep AND unit = $row_unit AND deal_credit.day::DATE >= from_on
--    AND deal_credit.day::DATE < before_on) END
-- behind: deal_day of deals_won..booked_change where
--    $row_level = 'company' AND currency = coalesce($row_currency, currency)
--    AND (day::DATE BETWEEN $row_starts_on AND $row_through_on
--    OR day::DATE BETWEEN $row_before_starts_on AND $row_before_through_on)
-- context: people where type IN ('unit.formed', 'rep.hired', 'rep.assigned', 'rep.promoted', 'rep.left')
--    AND (rep = $row_rep OR $row_level IN ('team', 'department'))
-- context: rep_day of calls_before_then where
--    calls IS NOT NULL AND day::DATE BETWEEN $row_before_starts_on AND $row_before_through_on
-- context: deal_credit of deals_won_before_then, booked_minor_before_then where
--    currency = coalesce($row_currency, currency) AND day::DATE BETWEEN $row_before_starts_on AND $row_before_through_on
-- context: rep_day where day::DATE <= (SELECT min(day::DATE) FROM rep_day)
-- context: deal_day where day::DATE <= (SELECT min(day::DATE) FROM deal_day)
-- column: level text | Level | Уровень
-- words: level | rep = сотрудник | team = команда | department = отдел | company = компания
-- column: rep text | Rep | Сотрудник
-- column: unit text | Unit | Подразделение
-- column: comparison text | Against | С чем сравнено
-- words: comparison | previous = прошлый период | year_before = год назад
-- column: currency text | Currency | Валюта
-- column: starts_on day | From | С
-- column: through_on day | Through | По
-- column: working_days count | Working days | Рабочие дни
-- column: before_starts_on day | Before: from | Прежде: с
-- column: before_through_on day | Before: through | Прежде: по
-- column: before_known_at instant | Before: known then at | Прежде: известно тогда, на
-- column: before_working_days count | Before: working days | Прежде: рабочие дни
-- column: calls count | Calls | Звонки
-- column: calls_before count | Calls before | Звонки прежде
-- column: calls_before_then count | Calls before, as known then | Звонки прежде, как знали тогда
-- column: calls_change percent | Change of calls, % | Изменение звонков, %
-- column: deals_won count | Deals won | Выиграно сделок
-- column: deals_won_before count | Deals won before | Выиграно прежде
-- column: deals_won_before_then count | Deals won before, as known then | Выиграно прежде, как знали тогда
-- column: deals_won_change percent | Change of deals won, % | Изменение выигранных, %
-- column: booked_minor minor | Revenue, minor units | Выручка, мин. ед.
-- column: booked_minor_before minor | Revenue before, minor units | Выручка прежде, мин. ед.
-- column: booked_minor_before_then minor | Revenue before, minor units, as known then | Выручка прежде, мин. ед., как знали тогда
-- column: booked_change percent | Change of revenue, % | Изменение выручки, %
WITH aligned AS (
    SELECT *, known_at IN (SELECT moment FROM known_then) AS was_known,
           before_ends_on > (SELECT least((SELECT min(day) FROM deal_day), (SELECT min(day) FROM rep_day))) AS is_known
    FROM compared_periods($as_of, $by, $zone)
),
-- What this report said of each former stretch when it was over; for it, it was the period to date.
said AS (
    SELECT aligned.comparison, rep, CASE level WHEN 'rep' THEN NULL WHEN 'company' THEN '' ELSE unit END AS unit,
           currency, calls, deals_won AS wins, booked_minor AS booked
    FROM told_then
         JOIN aligned ON aligned.before_starts_on = told_then.starts_on AND aligned.before_until - 1 = told_then.through_on
    WHERE told_then.comparison = 'previous'
),
stretch AS (
    SELECT comparison, false AS is_former, starts_on AS first, as_of + 1 AS until FROM aligned
    UNION ALL
    SELECT comparison, true, before_starts_on, before_until FROM aligned WHERE is_known
),
counted_day AS (
    SELECT DISTINCT unnest(generate_series(first, until - 1, INTERVAL 1 DAY))::DATE AS day FROM stretch
),
credit AS (
    SELECT deal, rep, counted_day.day, currency, wins, credited_minor, refunded_minor
    FROM deal_credit JOIN counted_day ON counted_day.day = deal_credit.day
),
call AS (
    SELECT rep, counted_day.day, calls
    FROM rep_day JOIN counted_day ON counted_day.day = rep_day.day
    WHERE calls <> 0
),

-- The organisation, on each day that is asked about.
asked AS (
    SELECT rep, day FROM credit
    UNION
    SELECT rep, day FROM call
    UNION
    SELECT rep, as_of FROM (SELECT rep FROM credit UNION SELECT rep FROM call UNION SELECT rep FROM said)
         CROSS JOIN (SELECT DISTINCT as_of FROM aligned)
),
member AS (
    SELECT asked.rep, asked.day, unit
    FROM asked JOIN membership ON membership.rep = asked.rep AND asked.day >= from_on AND asked.day < before_on
),
belongs AS (
    SELECT asked.rep, asked.day, unit
    FROM asked JOIN belonging ON belonging.rep = asked.rep AND asked.day >= from_on AND asked.day < before_on
),

-- What each of them did on each day; the company, which is '' here, sells what the deals brought.
done AS (
    SELECT rep, NULL AS unit, day, currency, 0 AS calls, wins, credited_minor - refunded_minor AS booked FROM credit
    UNION ALL
    SELECT NULL, unit, credit.day, credit.currency, 0, least(sum(credit.wins), any_value(deal_day.wins)),
           least(sum(credited_minor), any_value(won_minor))
           - least(sum(credit.refunded_minor), any_value(deal_day.refunded_minor))
    FROM credit
         JOIN belongs ON belongs.rep = credit.rep AND belongs.day = credit.day
         JOIN deal_day ON deal_day.deal = credit.deal AND deal_day.day = credit.day
                      AND deal_day.currency = credit.currency
    GROUP BY unit, credit.deal, credit.day, credit.currency
    UNION ALL
    SELECT NULL, '', counted_day.day, currency, 0, wins, won_minor - refunded_minor
    FROM deal_day JOIN counted_day ON counted_day.day = deal_day.day
    UNION ALL
    SELECT rep, NULL, day, NULL, calls, 0, 0 FROM call
    UNION ALL
    SELECT NULL, unit, day, NULL, calls, 0, 0 FROM call JOIN belongs USING (rep, day)
    UNION ALL
    SELECT NULL, '', day, NULL, calls, 0, 0 FROM call
),
counted_as AS (
    SELECT CASE WHEN is_former THEN 'before' ELSE 'now' END AS part, comparison, rep, unit, currency, calls, wins, booked
    FROM done JOIN stretch ON day >= first AND day < until
    UNION ALL
    SELECT DISTINCT 'then', comparison, rep, unit, NULL, calls, 0, 0 FROM said WHERE calls <> 0
    UNION ALL
    SELECT 'then', comparison, rep, unit, currency, 0, wins, booked FROM said WHERE wins <> 0 OR booked <> 0
),
summed AS (
    SELECT comparison, rep, unit, currency,
           sum(calls) FILTER (part = 'now')                                        AS calls,
           sum(calls) FILTER (part = 'before')                                     AS calls_before,
           sum(calls) FILTER (part = 'then')                                       AS calls_then,
           sum(wins) FILTER (part = 'now')                                         AS wins,
           sum(wins) FILTER (part = 'before')                                      AS wins_before,
           sum(wins) FILTER (part = 'then')                                        AS wins_then,
           sum(booked) FILTER (part = 'now')                                       AS booked,
           sum(booked) FILTER (part = 'before')                                    AS booked_before,
           sum(booked) FILTER (part = 'then')                                      AS booked_then
    FROM counted_as
    GROUP BY ALL
),
line AS (
    SELECT comparison, rep, unit, max(calls) FILTER (currency IS NULL) AS calls,
           max(calls_before) FILTER (currency IS NULL) AS calls_before,
           max(calls_then) FILTER (currency IS NULL) AS calls_then,
           coalesce(list(DISTINCT currency) FILTER (currency IS NOT NULL), [NULL]) AS currencies
    FROM summed
    GROUP BY comparison, rep, unit
),
row AS (
    SELECT line.* EXCLUDE (currencies, calls, calls_before, calls_then),
           coalesce(line.calls, 0)                                                 AS calls,
           CASE WHEN is_known THEN coalesce(line.calls_before, 0) END              AS calls_before,
           CASE WHEN is_known AND was_known THEN coalesce(line.calls_then, 0) END  AS calls_then,
           coalesce(wins, 0)                                                       AS wins,
           CASE WHEN is_known THEN coalesce(wins_before, 0) END                    AS wins_before,
           CASE WHEN is_known AND was_known THEN coalesce(wins_then, 0) END        AS wins_then,
           coalesce(booked, 0)                                                     AS booked,
           CASE WHEN is_known THEN coalesce(booked_before, 0) END                  AS booked_before,
           CASE WHEN is_known AND was_known THEN coalesce(booked_then, 0) END      AS booked_then
    FROM (SELECT *, unnest(currencies) AS currency FROM line) AS line
         JOIN aligned ON aligned.comparison = line.comparison
         LEFT JOIN summed ON summed.comparison = line.comparison AND summed.rep IS NOT DISTINCT FROM line.rep
                         AND summed.unit IS NOT DISTINCT FROM line.unit AND summed.currency = line.currency
)
SELECT CASE WHEN row.rep IS NOT NULL THEN 'rep' WHEN row.unit = '' THEN 'company' ELSE coalesce(kind, 'team') END AS level,
       row.rep,
       coalesce(nullif(row.unit, ''), member.unit)                                 AS unit,
       comparison,
       currency,
       starts_on,
       as_of                                                                       AS through_on,
       days::BIGINT                                                                AS working_days,
       before_starts_on,
       CASE WHEN is_known THEN before_until - 1 END                                AS before_through_on,
       CASE WHEN is_known THEN known_at END                                        AS before_known_at,
       CASE WHEN is_known THEN before_days END::BIGINT                             AS before_working_days,
       calls::BIGINT                                                               AS calls,
       calls_before::BIGINT                                                        AS calls_before,
       calls_then::BIGINT                                                          AS calls_before_then,
       change_v1(calls, calls_before)                                              AS calls_change,
       wins::BIGINT                                                                AS deals_won,
       wins_before::BIGINT                                                         AS deals_won_before,
       wins_then::BIGINT                                                           AS deals_won_before_then,
       change_v1(wins, wins_before)                                                AS deals_won_change,
       booked::BIGINT                                                              AS booked_minor,
       booked_before::BIGINT                                                       AS booked_minor_before,
       booked_then::BIGINT                                                         AS booked_minor_before_then,
       change_v1(booked, booked_before)                                            AS booked_change
FROM row JOIN aligned USING (comparison)
     LEFT JOIN unit_kind ON unit_kind.unit = row.unit
     LEFT JOIN member ON member.rep = row.rep AND member.day = as_of
WHERE ($rep::VARCHAR IS NULL OR row.rep = $rep::VARCHAR)
  AND ($unit::VARCHAR IS NULL OR coalesce(row.unit, member.unit) = $unit::VARCHAR)
ORDER BY list_position(['rep', 'team', 'department', 'company'], level), unit, row.rep, currency, comparison
