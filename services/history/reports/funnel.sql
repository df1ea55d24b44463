-- How far do deals come, stage by stage, and at which step are most of them lost?
-- ru: Как далеко, этап за этапом, проходят сделки и на каком шаге теряется больше всего?
-- Of the deals that were opened from the day `from` to before `to`, and by `rep`, with all that is known of them by now. Stages of
-- a playbook stand in the order in which most deals that entered both came to them; deals without a playbook are one of their own.
-- A deal that reached a stage moved on if it was won or ever entered a later one; else it is lost or still open, whichever it is.
-- `conversion` is of all that reached the stage, `conversion_of_decided` leaves the open ones out; in percent. The weakest step of a
-- playbook is the one with the lowest conversion of decided among those with `least` decided or more, if it loses any. Days are
-- those of each stay in the stage that is over.
-- param: from day null
-- param: to day null
-- param: rep text null
-- param: playbook text null
-- param: least whole 5
-- key: playbook, stage
-- chart: stack x=playbook,stage y=moved_on,open,lost
-- with: opened AS (SELECT deal FROM deals WHERE type = 'deal.opened' AND playbook IS NOT DISTINCT FROM $row_playbook
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
--    AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR))
-- with: reached AS (SELECT deal FROM deals
--    WHERE type IN ('deal.opened', 'deal.advanced') AND deal IN (FROM opened) AND stage = $row_stage)
-- behind: deals of reached..open, reached_share..days_p50 where
--    deal IN (FROM reached) AND (type = 'deal.opened' OR type = 'deal.advanced' AND stage = $row_stage)
-- context: deals where type IN ('deal.opened', 'deal.advanced', 'deal.won', 'deal.lost') AND deal IN (FROM opened)
-- column: playbook text | Playbook | Сценарий
-- column: step count | Step | Шаг
-- column: stage text | Stage | Этап
-- column: reached count | Deals that reached it | Дошло сделок
-- column: moved_on count | Moved on | Прошло дальше
-- column: lost count | Lost | Проиграно
-- column: open count | Open | Открыто
-- column: reached_share percent | Of all deals, % | От всех сделок, %
-- column: conversion percent | Conversion, % | Конверсия, %
-- column: conversion_of_decided percent | Conversion of decided, % | Конверсия решённых, %
-- column: weakest flag | Weakest step | Слабейший шаг
-- column: days_p50 number | Median days | Медиана дней
WITH opened AS (
    SELECT deal, playbook, stage
    FROM deals
    WHERE type = 'deal.opened'
      AND ($from::DATE IS NULL OR day >= $from::DATE)
      AND ($to::DATE IS NULL OR day < $to::DATE)
      AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
      AND ($playbook::VARCHAR IS NULL OR playbook = $playbook::VARCHAR)
    GROUP BY deal, playbook, stage
    HAVING sum(fact.weight) > 0
),
in_all AS (
    SELECT playbook, count(*) AS deals FROM opened GROUP BY playbook
),
entry AS (
    SELECT deal, stage, -1 AS place FROM opened
    UNION ALL
    SELECT deal, stage, fact."offset" FROM deals WHERE type = 'deal.advanced'
),
came AS (
    SELECT deal, playbook, entry.stage, min(place) AS place
    FROM opened JOIN entry USING (deal)
    GROUP BY deal, playbook, entry.stage
),
pair AS (
    SELECT earlier.playbook, earlier.stage, later.stage AS later_stage, count(*) AS deals
    FROM came AS earlier JOIN came AS later ON later.deal = earlier.deal AND later.place > earlier.place
    GROUP BY ALL
),
mostly AS (
    SELECT pair.playbook, pair.stage, pair.later_stage
    FROM pair LEFT JOIN pair AS back ON back.playbook IS NOT DISTINCT FROM pair.playbook
                                    AND back.stage = pair.later_stage AND back.later_stage = pair.stage
    WHERE pair.deals > coalesce(back.deals, 0)
),
step AS (
    SELECT playbook, stage,
           row_number() OVER (PARTITION BY playbook ORDER BY
               (SELECT count(*) FROM mostly
                WHERE mostly.playbook IS NOT DISTINCT FROM known.playbook AND mostly.later_stage = known.stage)
               - (SELECT count(*) FROM mostly
                  WHERE mostly.playbook IS NOT DISTINCT FROM known.playbook AND mostly.stage = known.stage),
               stage)                                                              AS step
    FROM (SELECT DISTINCT playbook, stage FROM came) AS known
),
ended AS (
    SELECT deal, bool_or(type = 'deal.won') AS is_won, bool_or(type = 'deal.lost') AS is_lost
    FROM (SELECT deal, type FROM deals WHERE type IN ('deal.won', 'deal.lost') GROUP BY deal, type HAVING sum(fact.weight) > 0)
    GROUP BY deal
),
fate AS (
    SELECT came.deal, came.playbook, came.stage, step,
           coalesce(is_won, false) OR step < max(step) OVER (PARTITION BY came.deal) AS moved_on,
           coalesce(is_lost, false)                                                AS is_lost
    FROM came JOIN step ON step.playbook IS NOT DISTINCT FROM came.playbook AND step.stage = came.stage
         LEFT JOIN ended ON ended.deal = came.deal
),
stay AS (
    SELECT deal, stage_left AS stage, days_in_stage AS days FROM deals WHERE type IN ('deal.advanced', 'deal.lost')
    UNION ALL
    SELECT deal, stage_left, days_in_stage
    FROM deals
    WHERE type = 'deal.won' AND stage_left IS NOT NULL AND days_in_stage IS NOT NULL
    GROUP BY deal, stage_left, days_in_stage
    HAVING sum(fact.weight) > 0
),
stood AS (
    SELECT playbook, stay.stage, median(days)::DECIMAL(18, 1) AS days_p50
    FROM opened JOIN stay USING (deal)
    GROUP BY playbook, stay.stage
),
funnel AS (
    SELECT playbook, step, stage,
           count(*)                                                                AS reached,
           count(*) FILTER (moved_on)                                              AS moved_on,
           count(*) FILTER (NOT moved_on AND is_lost)                              AS lost
    FROM fate
    GROUP BY ALL
),
judged AS (
    SELECT *, stage_conversion_decided_v1(moved_on, lost) AS decided,
           CASE WHEN lost > 0 AND moved_on + lost >= $least::BIGINT
                THEN stage_conversion_decided_v1(moved_on, lost) END               AS comparable
    FROM funnel
)
SELECT judged.playbook,
       step,
       judged.stage,
       reached,
       moved_on,
       lost,
       reached - moved_on - lost                                                   AS open,
       percent(reached, deals)                                                     AS reached_share,
       stage_conversion_v1(moved_on, reached)                                      AS conversion,
       decided                                                                     AS conversion_of_decided,
       coalesce(comparable = min(comparable) OVER (PARTITION BY judged.playbook), false) AS weakest,
       days_p50
FROM judged
     JOIN in_all ON in_all.playbook IS NOT DISTINCT FROM judged.playbook
     LEFT JOIN stood ON stood.playbook IS NOT DISTINCT FROM judged.playbook AND stood.stage = judged.stage
ORDER BY judged.playbook NULLS LAST, step
