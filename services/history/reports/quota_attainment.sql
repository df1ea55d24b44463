-- How much of what they are asked for have reps, teams and the company brought, and where will they end?
-- ru: Какую часть плана выполнили сотрудники, команды и компания и чем закончат?
-- As of the end of the day `as_of`; without it, of the last business day that the log tells of. `period` names a period; without
-- it, those in which the day lies. Reps are measured by what they were credited with. Units are measured twice, by their own
-- quota and by the sum of their members' quotas: who belongs to a unit is asked for each credit on its day, and for each quota
-- on `as_of`, or on the last day of a period that is over. From one deal a unit gets no more than the deal brought. The company
-- is everybody, in a unit or not. Amounts are in minor units, shares in percent; pace is in points ahead or behind. Days are
-- working days of the country.
-- param: as_of day null
-- param: period text null
-- param: rep text null
-- param: unit text null
-- param: country country RU
-- key: level, rep, unit, denominator, period, currency
-- chart: bar x=level,rep,unit,denominator,period y=attainment by=currency
-- with: span AS (SELECT coalesce(min(starts_on)::DATE, TRY_CAST($row_period || '-01' AS DATE)) AS first_on,
--    coalesce(max(ends_on)::DATE, last_day(TRY_CAST($row_period || '-01' AS DATE)) + 1) AS before_on
--    FROM quota_contributions WHERE measure = 'revenue' AND period = $row_period)
-- with: member AS (SELECT belonging.rep FROM belonging, span WHERE unit = $row_unit
--    AND least($row_as_of, span.before_on - 1) >= from_on AND least($row_as_of, span.before_on - 1) < belonging.before_on)
-- behind: deal_credit of won_minor..attainment_to_date, pace..required_per_day_minor where
--    $row_level <> 'company' AND currency = $row_currency AND day::DATE <= $row_as_of
--    AND day::DATE >= (SELECT first_on FROM span) AND day::DATE < (SELECT before_on FROM span)
--    AND CASE $row_level WHEN 'rep' THEN rep = $row_rep WHEN 'company' THEN true ELSE EXISTS (
--    FROM belonging WHERE belonging.rep = deal_credit.rep AND unit = $row_unit AND deal_credit.day::DATE >= from_on
--    AND deal_credit.day::DATE < before_on) END
-- behind: deal_day of won_minor..attainment_to_date, pace..required_per_day_minor where
--    $row_level = 'company' AND currency = $row_currency AND day::DATE <= $row_as_of
--    AND day::DATE >= (SELECT first_on FROM span) AND day::DATE < (SELECT before_on FROM span)
-- behind: quota of quota_minor, relieved_minor, attainment, attainment_to_date, pace, gap_minor..over_assignment where
--    measure = 'revenue' AND period = $row_period AND currency = $row_currency
--    AND CASE WHEN $row_level = 'rep' THEN holder = $row_rep
--    WHEN $row_denominator = 'own' AND $row_level = 'company' THEN holder IN (SELECT unit FROM unit_kind WHERE kind = 'company')
--    WHEN $row_denominator = 'own' THEN holder = $row_unit
--    WHEN $row_level = 'company' THEN holder NOT IN (SELECT unit FROM unit_kind)
--    ELSE holder IN (FROM member) END
-- context: quota where measure = 'revenue' AND period IN (SELECT $row_period UNION SELECT period FROM quota_contributions
--    WHERE measure = 'revenue' AND starts_on::DATE <= $row_as_of AND ends_on::DATE > $row_as_of)
-- context: people where type IN ('unit.formed', 'rep.hired', 'rep.assigned', 'rep.promoted', 'rep.left')
--    AND (rep = $row_rep OR $row_level <> 'rep')
-- column: level text | Level | Уровень
-- words: level | rep = сотрудник | team = команда | department = отдел | company = компания
-- column: rep text | Rep | Сотрудник
-- column: unit text | Unit | Подразделение
-- column: denominator text | Measured by | По чьему плану
-- words: denominator | own = свой | members = сумма личных
-- column: period text | Period | Период
-- column: currency text | Currency | Валюта
-- column: as_of day | As of | На день
-- column: working_days count | Working days | Рабочих дней
-- column: elapsed_days count | Working days elapsed | Прошло рабочих дней
-- column: quota_minor minor | Quota, minor units | План, мин. ед.
-- column: relieved_minor minor | Relief of quota, minor units | Снято с плана, мин. ед.
-- column: won_minor minor | Won, minor units | Продано, мин. ед.
-- column: refunded_minor minor | Refunded, minor units | Возвращено, мин. ед.
-- column: booked_minor minor | Booked, minor units | Итого, мин. ед.
-- column: attainment percent | Attainment, % | Выполнение, %
-- column: attainment_to_date percent | Attainment to date, % | Выполнение на день, %
-- column: expected_share percent | Expected share, % | Ожидаемая доля, %
-- column: pace number | Pace, points | Опережение, п. п.
-- column: forecast_minor minor | Forecast, minor units | Прогноз, мин. ед.
-- column: gap_minor minor | Gap, minor units | Осталось до плана, мин. ед.
-- column: required_per_day_minor minor | Required a day, minor units | Нужно в день, мин. ед.
-- column: over_assignment percent | Over-assignment, % | Превышение суммы личных планов, %
WITH moment AS (
    SELECT coalesce($as_of::DATE, (SELECT day FROM last_told)) AS as_of
),
target AS (
    SELECT holder, period, currency,
           min(starts_on)::DATE                                                    AS starts_on,
           max(ends_on)::DATE                                                      AS ends_on,
           sum(assigned)                                                           AS assigned,
           sum(relieved)                                                           AS relieved
    FROM quota
    WHERE measure = 'revenue'
    GROUP BY holder, period, currency
    HAVING min(starts_on) IS NOT NULL
),
chosen AS (
    SELECT target.*
    FROM target, moment
    WHERE CASE WHEN $period::VARCHAR IS NULL THEN starts_on <= as_of AND as_of < ends_on ELSE period = $period::VARCHAR END
),
period AS (
    SELECT period, min(starts_on) AS starts_on, max(ends_on) AS ends_on FROM chosen GROUP BY period
    UNION ALL
    SELECT strftime(as_of, '%Y-%m'), date_trunc('month', as_of)::DATE, last_day(as_of) + 1
    FROM moment
    WHERE as_of IS NOT NULL AND $period::VARCHAR IS NULL AND NOT EXISTS (FROM chosen)
),
credit AS (
    SELECT deal, rep, day, currency, credited_minor, refunded_minor
    FROM deal_credit, moment
    WHERE day <= as_of
      AND day >= (SELECT min(starts_on) FROM period) AND day < (SELECT max(ends_on) FROM period)
),

-- The organisation, on each day that is asked about.
counted_on AS (
    SELECT period, least(as_of, ends_on - 1) AS day FROM period, moment
),
asked AS (
    SELECT rep, day FROM credit
    UNION
    SELECT rep, counted_on.day FROM (SELECT rep FROM credit UNION SELECT holder FROM chosen) AS known(rep), counted_on
),
member AS (
    SELECT asked.rep, asked.day, unit
    FROM asked JOIN membership ON membership.rep = asked.rep AND asked.day >= from_on AND asked.day < before_on
),
belongs AS (
    SELECT asked.rep, asked.day, unit
    FROM asked JOIN belonging ON belonging.rep = asked.rep AND asked.day >= from_on AND asked.day < before_on
),

-- Reps: by their own quota; those who sold and have none in the currency, by nothing.
rep_target AS (
    SELECT * FROM chosen WHERE holder NOT IN (SELECT unit FROM unit_kind)
),
rep_line AS (
    SELECT holder AS rep, period, currency, starts_on, ends_on, assigned, relieved FROM rep_target
    UNION ALL
    SELECT DISTINCT credit.rep, period.period, credit.currency, period.starts_on, period.ends_on, NULL, NULL
    FROM credit JOIN period ON day >= period.starts_on AND day < period.ends_on
         ANTI JOIN rep_target ON holder = rep AND rep_target.currency = credit.currency
),
rep_row AS (
    SELECT 'rep' AS level, rep_line.rep, any_value(member.unit) AS unit, 'own' AS denominator, rep_line.* EXCLUDE (rep),
           coalesce(sum(credited_minor), 0)                                        AS gross,
           coalesce(sum(refunded_minor), 0)                                        AS refunded
    FROM rep_line
         LEFT JOIN counted_on ON counted_on.period = rep_line.period
         LEFT JOIN member ON member.rep = rep_line.rep AND member.day = counted_on.day
         LEFT JOIN credit ON credit.rep = rep_line.rep AND credit.currency = rep_line.currency
                         AND credit.day >= starts_on AND credit.day < ends_on
    GROUP BY rep_line.rep, rep_line.period, rep_line.currency, starts_on, ends_on, assigned, relieved
),

-- Units: what their members were credited with, deal by deal; the company, which is '' here: what the deals brought.
unit_credit AS (
    SELECT unit, credit.day, credit.currency,
           least(sum(credited_minor), any_value(won_minor))                        AS gross,
           least(sum(credit.refunded_minor), any_value(deal_day.refunded_minor))   AS refunded
    FROM credit
         JOIN belongs ON belongs.rep = credit.rep AND belongs.day = credit.day
         JOIN deal_day ON deal_day.deal = credit.deal AND deal_day.day = credit.day
                      AND deal_day.currency = credit.currency
    GROUP BY unit, credit.deal, credit.day, credit.currency
    UNION ALL
    SELECT '', day, currency, won_minor, refunded_minor FROM deal_day, moment WHERE day <= as_of
),
unit_target AS (
    SELECT CASE kind WHEN 'company' THEN '' ELSE unit END AS unit, 'own' AS denominator, period, currency,
           sum(assigned) AS assigned, sum(relieved) AS relieved
    FROM chosen JOIN unit_kind ON unit = holder
    GROUP BY ALL
    UNION ALL
    SELECT unit, 'members', rep_target.period, currency, sum(assigned), sum(relieved)
    FROM rep_target JOIN counted_on ON counted_on.period = rep_target.period
         JOIN belongs ON rep = holder AND belongs.day = counted_on.day
    GROUP BY ALL
    UNION ALL
    SELECT '', 'members', period, currency, sum(assigned), sum(relieved) FROM rep_target GROUP BY ALL
),
unit_line AS (
    SELECT unit, period.period, currency, starts_on, ends_on
    FROM unit_target JOIN period ON period.period = unit_target.period
    UNION
    SELECT unit_credit.unit, period.period, unit_credit.currency, starts_on, ends_on
    FROM unit_credit JOIN period ON day >= starts_on AND day < ends_on
         ANTI JOIN unit_target ON unit_target.unit = unit_credit.unit AND unit_target.currency = unit_credit.currency
),
unit_booked AS (
    SELECT unit_line.*, coalesce(sum(gross), 0) AS gross, coalesce(sum(refunded), 0) AS refunded
    FROM unit_line
         LEFT JOIN unit_credit ON unit_credit.unit = unit_line.unit AND unit_credit.currency = unit_line.currency
                              AND day >= starts_on AND day < ends_on
    GROUP BY ALL
),
unit_row AS (
    SELECT CASE booked.unit WHEN '' THEN 'company' ELSE coalesce(kind, 'team') END AS level,
           NULL AS rep, nullif(booked.unit, '') AS unit, way.denominator, booked.* EXCLUDE (unit), assigned, relieved
    FROM unit_booked AS booked
         CROSS JOIN (VALUES ('own'), ('members')) AS way(denominator)
         LEFT JOIN unit_kind ON unit_kind.unit = booked.unit
         LEFT JOIN unit_target ON unit_target.unit = booked.unit AND unit_target.denominator = way.denominator
                              AND unit_target.period = booked.period AND unit_target.currency = booked.currency
),

-- All of them, with the days of their periods.
measured AS (
    SELECT *, assigned - relieved AS quota, gross - refunded AS booked,
           max(assigned - relieved) FILTER (denominator = 'own') OVER same         AS own_quota,
           max(assigned - relieved) FILTER (denominator = 'members') OVER same     AS members_quota
    FROM (FROM rep_row UNION ALL BY NAME FROM unit_row)
    WINDOW same AS (PARTITION BY level, rep, unit, period, currency)
),
timed AS (
    SELECT starts_on, ends_on, as_of, count(day) AS days, count(day) FILTER (day <= as_of) AS elapsed
    FROM (SELECT DISTINCT starts_on, ends_on FROM measured) CROSS JOIN moment
         LEFT JOIN working_days ON day >= starts_on AND day < ends_on
    GROUP BY ALL
)
SELECT level,
       rep,
       unit,
       denominator,
       period,
       currency,
       as_of,
       days                                                                        AS working_days,
       elapsed                                                                     AS elapsed_days,
       assigned::BIGINT                                                            AS quota_minor,
       relieved::BIGINT                                                            AS relieved_minor,
       gross::BIGINT                                                               AS won_minor,
       refunded::BIGINT                                                            AS refunded_minor,
       booked::BIGINT                                                              AS booked_minor,
       attainment_v1(booked, quota)                                                AS attainment,
       attainment_to_date_v1(booked, quota, elapsed, days)                         AS attainment_to_date,
       expected_share_v1(elapsed, days)                                            AS expected_share,
       pace_v1(booked, quota, elapsed, days)                                       AS pace,
       forecast_v1(booked, elapsed, days)                                          AS forecast_minor,
       gap_v1(booked, quota)                                                       AS gap_minor,
       required_per_day_v1(booked, quota, elapsed, days)                           AS required_per_day_minor,
       over_assignment_v1(members_quota, own_quota)                                AS over_assignment
FROM measured JOIN timed USING (starts_on, ends_on)
WHERE ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR) AND ($unit::VARCHAR IS NULL OR unit = $unit::VARCHAR)
ORDER BY list_position(['rep', 'team', 'department', 'company'], level), unit, rep, period, currency, denominator DESC
