-- Does everybody in a pool get as many leads as their weight says?
-- ru: Получает ли каждый в пуле столько лидов, сколько положено по весу?
-- What the distributor gave out on the days from `from` to before `to`. Of each lead everybody who could take it is due their weight
-- over the weights of all who could; `due` is the sum of these parts, and `deviation` what somebody got beyond it. Who was skipped
-- is due nothing of that lead. The largest deviation of a pool is marked, be it too many or too few. `weight` is the last one. Shares
-- are of all leads that the pool gave out, in percent; what a manager gave by name is counted beside them.
-- param: from day null
-- param: to day null
-- param: pool text null
-- param: rep text null
-- key: pool, rep
-- chart: bar x=pool,rep y=deviation
-- behind: leads of weight..due_share where
--    type = 'lead.assigned' AND pool = $row_pool AND list_contains([each.rep FOR each IN candidates], $row_rep)
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
-- behind: leads of by_name where type = 'lead.reassigned' AND pool = $row_pool AND rep = $row_rep
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
-- behind: leads of accepted where type = 'lead.accepted' AND pool = $row_pool AND rep = $row_rep
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
-- behind: leads of returned where type = 'lead.returned' AND pool = $row_pool AND rep = $row_rep
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
-- context: leads of largest..due_share where type = 'lead.assigned' AND pool = $row_pool
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
-- column: pool text | Pool | Пул
-- column: rep text | Rep | Сотрудник
-- column: weight count | Weight | Вес
-- column: considered count | Leads considered for | Рассмотрен для лидов
-- column: skipped_away count | Skipped: away | Пропущен: отсутствовал
-- column: skipped_unfit count | Skipped: not certified, other territory or skill | Пропущен: нет допуска, другая территория или навык
-- column: skipped_full count | Skipped: had enough | Пропущен: достигнут предел
-- column: skipped_returned count | Skipped: gave it back | Пропущен: сам вернул
-- column: given count | Given | Получено
-- column: due number | Due | Положено
-- column: deviation number | Deviation | Отклонение
-- column: largest flag | Largest of the pool | Наибольшее в пуле
-- column: share percent | Share, % | Доля, %
-- column: due_share percent | Share due, % | Положенная доля, %
-- column: by_name count | Given by name | Передано лично
-- column: accepted count | Accepted | Принято
-- column: returned count | Returned | Возвращено
WITH chosen AS (
    SELECT *
    FROM leads
    WHERE ($from::DATE IS NULL OR day >= $from::DATE)
      AND ($to::DATE IS NULL OR day < $to::DATE)
      AND ($pool::VARCHAR IS NULL OR pool = $pool::VARCHAR)
),
assignment AS (
    SELECT pool, rep, candidates, fact."offset" AS place,
           list_sum([each.weight FOR each IN candidates IF each.skipped IS NULL])  AS weights
    FROM chosen
    WHERE type = 'lead.assigned'
),
turn AS (
    SELECT pool, assignment.rep AS taker, weights, place, unnest(candidates) AS candidate FROM assignment
),
fared AS (
    SELECT pool, candidate.rep AS rep,
           max_by(candidate.weight, place)                                         AS weight,
           count(*)                                                                AS considered,
           count(*) FILTER (candidate.skipped IN ('inactive', 'absent'))           AS skipped_away,
           count(*) FILTER (candidate.skipped IN ('uncertified', 'territory', 'skill')) AS skipped_unfit,
           count(*) FILTER (candidate.skipped IN ('full_hour', 'full_day'))        AS skipped_full,
           count(*) FILTER (candidate.skipped = 'returned')                        AS skipped_returned,
           count(*) FILTER (candidate.rep = taker)                                 AS given,
           coalesce(sum(fair_share_v1(candidate.weight, weights)) FILTER (candidate.skipped IS NULL), 0) AS due
    FROM turn
    GROUP BY pool, candidate.rep
),
handed AS (
    SELECT pool, rep,
           count(*) FILTER (type = 'lead.reassigned')                              AS by_name,
           count(*) FILTER (type = 'lead.accepted')                                AS accepted,
           count(*) FILTER (type = 'lead.returned')                                AS returned
    FROM chosen
    WHERE type IN ('lead.reassigned', 'lead.accepted', 'lead.returned')
    GROUP BY pool, rep
),
member AS (
    SELECT pool, rep, weight,
           coalesce(considered, 0)                                                 AS considered,
           coalesce(skipped_away, 0)                                               AS skipped_away,
           coalesce(skipped_unfit, 0)                                              AS skipped_unfit,
           coalesce(skipped_full, 0)                                               AS skipped_full,
           coalesce(skipped_returned, 0)                                           AS skipped_returned,
           coalesce(given, 0)                                                      AS given,
           coalesce(due, 0)                                                        AS due,
           coalesce(given, 0) * 1000000000::HUGEINT - coalesce(due, 0)             AS beyond,
           coalesce(by_name, 0)                                                    AS by_name,
           coalesce(accepted, 0)                                                   AS accepted,
           coalesce(returned, 0)                                                   AS returned
    FROM fared FULL JOIN handed USING (pool, rep)
),
compared AS (
    SELECT *,
           sum(given) OVER of_pool                                                 AS given_in_all,
           max(abs(beyond)) OVER of_pool                                           AS widest
    FROM member
    WINDOW of_pool AS (PARTITION BY pool)
)
SELECT pool,
       rep,
       weight,
       considered,
       skipped_away,
       skipped_unfit,
       skipped_full,
       skipped_returned,
       given,
       quotient(due, 1000000000)                                                   AS due,
       quotient(beyond, 1000000000)                                                AS deviation,
       quotient(beyond, 1000000000) <> 0 AND abs(beyond) = widest                  AS largest,
       percent(given, given_in_all)                                                AS share,
       percent(due, given_in_all * 1000000000::HUGEINT)                            AS due_share,
       by_name,
       accepted,
       returned
FROM compared
WHERE $rep::VARCHAR IS NULL OR rep = $rep::VARCHAR
ORDER BY pool, rep
