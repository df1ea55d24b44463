-- A period to date, and as many working days of the period before and of the same one a year ago. Working days are found in the
-- relation `working_days`, which stands beside a report that has a country.
-- `period` is month, quarter or year, and `last_day` its last one: without it, the last business day that the log tells of. Of a
-- former period the days from `before_starts_on` to before `before_until` are compared; `known_at` is when these are over in `zone`.
-- Days off count with the working day before them; where the former period has fewer working days, all of it is compared.
CREATE OR REPLACE MACRO compared_periods(last_day, period, zone) AS TABLE
WITH moment AS (
    SELECT coalesce(last_day::DATE, (SELECT day FROM last_told)) AS as_of
),
span AS (
    SELECT comparison, as_of, starts_on, before_starts_on, (before_starts_on + ('1 ' || period)::INTERVAL)::DATE AS before_ends_on
    FROM (SELECT 'previous' AS comparison, as_of, date_trunc(period, as_of)::DATE AS starts_on,
                 (date_trunc(period, as_of) - ('1 ' || period)::INTERVAL)::DATE    AS before_starts_on
          FROM moment
          UNION ALL
          SELECT 'year_before', as_of, date_trunc(period, as_of)::DATE, (date_trunc(period, as_of) - INTERVAL 1 YEAR)::DATE
          FROM moment
          WHERE period <> 'year')
    WHERE as_of IS NOT NULL
),
worked AS (
    SELECT comparison, count(day) AS days, coalesce(bool_or(day = as_of), false) AS on_working_day
    FROM span LEFT JOIN working_days ON day >= starts_on AND day <= as_of
    GROUP BY comparison
),
former AS (
    SELECT comparison, day, row_number() OVER (PARTITION BY comparison ORDER BY day) AS nth
    FROM span JOIN working_days ON day >= before_starts_on AND day < before_ends_on
),
reached AS (
    SELECT comparison,
           min(CASE WHEN on_working_day THEN day + 1 ELSE day END)
           FILTER (nth = CASE WHEN on_working_day THEN days ELSE days + 1 END)     AS until,
           count(day)                                                              AS days_in_all
    FROM worked LEFT JOIN former USING (comparison)
    GROUP BY comparison
)
SELECT span.*, days, coalesce(until, before_ends_on) AS before_until, least(days, days_in_all) AS before_days,
       before_until::TIMESTAMP AT TIME ZONE zone                                   AS known_at
FROM span JOIN worked USING (comparison) JOIN reached USING (comparison);
