-- What did training bring?
-- ru: Что дало обучение?
-- Of each programme, and of each title of sessions that belong to none: those who were taught in it from the day `from` to before
-- `to` (attended a session, passed a module, were certified), with their last `days` days before the first of these days and their
-- first `days` days after the last. Measured are those who were there from the first to the last of all these days, if they are over
-- by the last business day that the log tells of. Their change is held against that of colleagues in the same days: for each of
-- them the average of those who were there, had calls or deals, and were taught in nothing; where one of them has no such colleague
-- the comparison is left out. What changed beyond it came with the training, and is no proof that it came of it: who is sent to be
-- taught, and when, is not left to chance. Deals count to whoever is credited, lost ones to who led them; revenue is less what was
-- refunded. A session's cost is shared evenly by those who attended; the return, in percent, is on the part of those measured. A
-- skill is compared where it was assessed both before and after. Of each currency there is a row, in which all but money stands again.
-- param: from day null
-- param: to day null
-- param: programme text null
-- param: days whole 30
-- key: programme, title, currency
-- chart: bar x=programme,title y=booked_gain_minor by=currency
-- with: near AS (SELECT min(day) - $days::INTEGER AS first_on, max(day) + $days::INTEGER AS last_on FROM training
--    WHERE type IN ('session.held', 'module.passed', 'certification.granted')
--    AND programme IS NOT DISTINCT FROM $row_programme AND ($row_programme IS NOT NULL OR title = $row_title))
-- behind: training where
--    type IN ('session.held', 'module.passed', 'certification.granted')
--    AND programme IS NOT DISTINCT FROM $row_programme AND ($row_programme IS NOT NULL OR title = $row_title)
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
-- context: training of title where type = 'programme.published' AND programme = $row_programme
-- context: training of measured..skill_change where
--    type IN ('session.held', 'module.passed', 'certification.granted', 'skill.assessed')
--    AND day::DATE >= (SELECT first_on FROM near) AND day::DATE <= (SELECT last_on FROM near)
-- context: people of absent..skill_change where type IN ('rep.hired', 'rep.assigned', 'rep.promoted', 'rep.left')
-- context: calls of colleagues, aht_before..aht_gain where
--    type = 'call.ended' AND rep IS NOT NULL AND answered_at IS NOT NULL
--    AND day::DATE >= (SELECT first_on FROM near) AND day::DATE <= (SELECT last_on FROM near)
-- context: deals of colleagues, win_rate_before..win_rate_gain where type = 'deal.lost'
--    AND day::DATE >= (SELECT first_on FROM near) AND day::DATE <= (SELECT last_on FROM near)
-- context: rep_day where currency IS NOT NULL
--    AND day::DATE >= (SELECT first_on FROM near) AND day::DATE <= (SELECT last_on FROM near)
-- column: programme text | Programme | Программа
-- column: title text | Title | Название
-- column: currency text | Currency | Валюта
-- column: sessions count | Sessions | Занятия
-- column: people count | People taught | Обучено людей
-- column: certified count | Certified | Аттестовано
-- column: unfinished count | Days after not over | Срок после не истёк
-- column: absent count | Not there all the time | Работали не всё время
-- column: measured count | Measured | Измерено
-- column: colleagues count | Colleagues compared with | Коллег для сравнения
-- column: cost_minor minor | Cost, minor units | Затраты, мин. ед.
-- column: cost_measured_minor minor | Cost of those measured, minor units | Затраты на измеренных, мин. ед.
-- column: booked_before_minor minor | Revenue before, minor units | Выручка до, мин. ед.
-- column: booked_after_minor minor | Revenue after, minor units | Выручка после, мин. ед.
-- column: booked_change_minor minor | Change of revenue, minor units | Изменение выручки, мин. ед.
-- column: booked_change_others_minor minor | The same of colleagues, minor units | То же у коллег, мин. ед.
-- column: booked_gain_minor minor | Revenue beyond colleagues, minor units | Выручка сверх коллег, мин. ед.
-- column: return_on_cost percent | Return on cost, % | Отдача на затраты, %
-- column: win_rate_before percent | Win rate before, % | Доля выигранных до, %
-- column: win_rate_after percent | Win rate after, % | Доля выигранных после, %
-- column: win_rate_change number | Change of win rate, points | Изменение доли выигранных, п. п.
-- column: win_rate_change_others number | Win rate of colleagues, points | Доля выигранных у коллег, п. п.
-- column: win_rate_gain number | Win rate beyond colleagues, points | Доля выигранных сверх коллег, п. п.
-- column: aht_before seconds | Handle time before, s | Время обработки до, с
-- column: aht_after seconds | Handle time after, s | Время обработки после, с
-- column: aht_change seconds | Change of handle time, s | Изменение времени обработки, с
-- column: aht_change_others seconds | Handle time of colleagues, s | Время обработки у коллег, с
-- column: aht_gain seconds | Handle time beyond colleagues, s | Время обработки сверх коллег, с
-- column: skills_compared count | Skills compared | Сравнено навыков
-- column: skill_change number | Change of skills, points | Изменение навыков, п. п.
WITH wish AS (
    SELECT $days::INTEGER AS days, (SELECT day FROM last_told) AS as_of
    WHERE CASE WHEN $days::BIGINT BETWEEN 1 AND 366 THEN true
               ELSE error('days: a number of days from 1 to 366 | число дней от 1 до 366') END
),

-- Who was taught what, and the days before and after.
taught AS (
    SELECT {'programme': programme, 'title': CASE WHEN programme IS NULL THEN title END} AS course,
           unnest(attended) AS rep, day, false AS is_certified, session, cost_minor, currency
    FROM training
    WHERE type = 'session.held'
    UNION ALL
    SELECT {'programme': programme, 'title': NULL}, rep, day, type = 'certification.granted', NULL, NULL, NULL
    FROM training
    WHERE type IN ('module.passed', 'certification.granted')
),
chosen AS (
    SELECT *
    FROM taught
    WHERE ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
      AND ($programme::VARCHAR IS NULL OR course.programme = $programme::VARCHAR)
),
learner AS (
    SELECT course, rep, min(day) AS first_on, max(day) AS last_on, bool_or(is_certified) AS is_certified
    FROM chosen
    GROUP BY course, rep
),
span AS (
    SELECT DISTINCT first_on, last_on, first_on - days AS from_on, last_on + 1 + days AS before_on, last_on + days <= as_of AS is_over
    FROM learner, wish
),
present AS (
    SELECT first_on, last_on, span.from_on, span.before_on, rep
    FROM span JOIN membership ON membership.from_on < span.before_on AND span.from_on < membership.before_on
    WHERE is_over
    GROUP BY first_on, last_on, span.from_on, span.before_on, rep
    HAVING sum(least(membership.before_on, span.before_on) - greatest(membership.from_on, span.from_on)) = span.before_on - span.from_on
),

-- What everybody did: money by currency, all else without one.
did AS (
    SELECT rep, day, NULL AS currency, sum(fact.weight) AS handled, sum(fact.weight * (talk_seconds + wrap_seconds)) AS handle
    FROM calls
    WHERE type = 'call.ended' AND rep IS NOT NULL AND answered_at IS NOT NULL
      AND day >= (SELECT min(from_on) FROM span) AND day < (SELECT max(before_on) FROM span)
    GROUP BY rep, day
    HAVING sum(fact.weight) > 0
    UNION ALL BY NAME
    SELECT rep, day, NULL AS currency, sum(fact.weight) AS lost FROM deals WHERE type = 'deal.lost' GROUP BY rep, day
    UNION ALL BY NAME
    SELECT rep, day, NULL AS currency, wins AS won FROM rep_day WHERE wins > 0
    UNION ALL BY NAME
    SELECT rep, day, currency, won_minor - refunded_minor AS booked FROM rep_day WHERE currency IS NOT NULL
),
fared AS (
    SELECT first_on, last_on, present.rep, currency, day > last_on AS is_after,
           sum(won) AS won, sum(lost) AS lost, sum(handle) AS handle, sum(handled) AS handled, sum(booked) AS booked
    FROM present JOIN did ON did.rep = present.rep AND day >= from_on AND day < before_on
    WHERE day < first_on OR day > last_on
    GROUP BY ALL
),

-- The average colleague, in billionths.
colleague AS (
    SELECT DISTINCT first_on, last_on, rep
    FROM fared
         ANTI JOIN (SELECT first_on, last_on, rep FROM span JOIN taught ON day >= from_on AND day < before_on)
         USING (first_on, last_on, rep)
),
crew AS (
    SELECT first_on, last_on, count(*) AS colleagues FROM colleague GROUP BY first_on, last_on
),
average AS (
    SELECT first_on, last_on, currency, is_after,
           average_of_v1(sum(won), any_value(colleagues))                          AS won,
           average_of_v1(sum(lost), any_value(colleagues))                         AS lost,
           average_of_v1(sum(handle), any_value(colleagues))                       AS handle,
           average_of_v1(sum(handled), any_value(colleagues))                      AS handled,
           average_of_v1(sum(booked), any_value(colleagues))                       AS booked
    FROM fared JOIN colleague USING (first_on, last_on, rep) JOIN crew USING (first_on, last_on)
    GROUP BY first_on, last_on, currency, is_after
),

-- Those measured, and as many average colleagues.
measured AS (
    SELECT course, rep, first_on, last_on, colleagues
    FROM learner JOIN present USING (first_on, last_on, rep) LEFT JOIN crew USING (first_on, last_on)
),
fate AS (
    SELECT course, false AS is_other, fared.* EXCLUDE (first_on, last_on, rep) FROM measured JOIN fared USING (first_on, last_on, rep)
    UNION ALL BY NAME
    SELECT course, true AS is_other, average.* EXCLUDE (first_on, last_on) FROM measured JOIN average USING (first_on, last_on)
),
rate AS (
    SELECT course, is_other, is_after,
           win_rate_v1(coalesce(sum(won), 0), coalesce(sum(lost), 0))              AS win_rate,
           aht_v1(handle, handled)                                                 AS aht
    FROM fate
    WHERE currency IS NULL
    GROUP BY course, is_other, is_after
),
rates AS (
    SELECT course,
           max(win_rate) FILTER (NOT is_other AND NOT is_after)                    AS win_rate_before,
           max(win_rate) FILTER (NOT is_other AND is_after)                        AS win_rate_after,
           max(win_rate) FILTER (is_other AND is_after)
           - max(win_rate) FILTER (is_other AND NOT is_after)                      AS win_rate_others,
           max(aht) FILTER (NOT is_other AND NOT is_after)                         AS aht_before,
           max(aht) FILTER (NOT is_other AND is_after)                             AS aht_after,
           max(aht) FILTER (is_other AND is_after)
           - max(aht) FILTER (is_other AND NOT is_after)                           AS aht_others
    FROM rate
    GROUP BY course
),
skilled AS (
    SELECT course, measured.rep, skill,
           max_by(level_bp, fact."offset") FILTER (day < first_on)                 AS level_before,
           max_by(level_bp, fact."offset") FILTER (day > last_on AND day <= last_on + days) AS level_after
    FROM measured JOIN training ON training.rep = measured.rep AND type = 'skill.assessed' CROSS JOIN wish
    GROUP BY course, measured.rep, skill
),
skills AS (
    SELECT course, count(*) AS compared, quotient(sum(level_after - level_before), 100 * count(*)) AS change
    FROM skilled
    WHERE level_before IS NOT NULL AND level_after IS NOT NULL
    GROUP BY course
),

-- What it cost and brought.
session AS (
    SELECT course, currency, cost_minor, whole_units(cost_minor * count(measured.rep)::HUGEINT, count(*)) AS cost_measured
    FROM chosen LEFT JOIN measured USING (course, rep)
    WHERE session IS NOT NULL
    GROUP BY course, session, currency, cost_minor
),
spent AS (
    SELECT course, currency, sum(cost_minor) AS cost, sum(cost_measured) AS cost_measured FROM session GROUP BY course, currency
),
brought AS (
    SELECT course, currency,
           coalesce(sum(booked) FILTER (NOT is_other AND NOT is_after), 0)         AS before,
           coalesce(sum(booked) FILTER (NOT is_other AND is_after), 0)             AS after,
           whole_units(coalesce(sum(CASE WHEN is_after THEN booked ELSE -booked END) FILTER (is_other), 0), 1000000000) AS others
    FROM fate
    WHERE currency IS NOT NULL
    GROUP BY course, currency
),
money AS (
    SELECT course, currency, coalesce(cost, 0)::BIGINT AS cost, coalesce(cost_measured, 0)::BIGINT AS cost_measured,
           coalesce(before, 0)::BIGINT AS before, coalesce(after, 0)::BIGINT AS after, coalesce(others, 0)::BIGINT AS others
    FROM spent FULL JOIN brought USING (course, currency)
),
attendance AS (
    SELECT course, count(DISTINCT session) AS sessions, count(DISTINCT rep) AS people,
           count(DISTINCT rep) FILTER (is_certified)                               AS certified
    FROM chosen
    GROUP BY course
),
ended AS (
    SELECT course, count(*) FILTER (NOT is_over) AS unfinished FROM learner JOIN span USING (first_on, last_on) GROUP BY course
),
progress AS (
    SELECT course, count(*) AS measured, bool_and(colleagues IS NOT NULL) AS is_compared FROM measured GROUP BY course
),
compared_with AS (
    SELECT course, count(DISTINCT colleague.rep) AS colleagues
    FROM measured JOIN colleague USING (first_on, last_on)
    GROUP BY course
),
published AS (
    SELECT programme, max_by(title, fact."offset") AS title FROM training WHERE type = 'programme.published' GROUP BY programme
)
SELECT course.programme                                                            AS programme,
       coalesce(published.title, course.title)                                     AS title,
       currency,
       sessions,
       people,
       certified,
       unfinished,
       people - unfinished - coalesce(measured, 0)                                 AS absent,
       coalesce(measured, 0)                                                       AS measured,
       coalesce(colleagues, 0)                                                     AS colleagues,
       cost                                                                        AS cost_minor,
       cost_measured                                                               AS cost_measured_minor,
       before                                                                      AS booked_before_minor,
       after                                                                       AS booked_after_minor,
       after - before                                                              AS booked_change_minor,
       CASE WHEN is_compared THEN others END                                       AS booked_change_others_minor,
       booked_change_minor - booked_change_others_minor                            AS booked_gain_minor,
       return_on_cost_v1(booked_gain_minor, cost_measured)                         AS return_on_cost,
       win_rate_before,
       win_rate_after,
       win_rate_after - win_rate_before                                            AS win_rate_change,
       CASE WHEN is_compared THEN win_rate_others END                              AS win_rate_change_others,
       win_rate_change - win_rate_change_others                                    AS win_rate_gain,
       aht_before,
       aht_after,
       aht_after - aht_before                                                      AS aht_change,
       CASE WHEN is_compared THEN aht_others END                                   AS aht_change_others,
       aht_change - aht_change_others                                              AS aht_gain,
       coalesce(compared, 0)                                                       AS skills_compared,
       change                                                                      AS skill_change
FROM attendance
     JOIN ended USING (course)
     LEFT JOIN money USING (course)
     LEFT JOIN progress USING (course)
     LEFT JOIN compared_with USING (course)
     LEFT JOIN rates USING (course)
     LEFT JOIN skills USING (course)
     LEFT JOIN published ON published.programme = course.programme
ORDER BY programme NULLS LAST, title, currency
