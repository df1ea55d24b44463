-- Which tactic pays?
-- ru: Какая тактика окупается?
-- A touch is an outbound call with the tactic, however many queues it went through, from the day `from` to before `to`; it reached
-- somebody where it was answered, and not by a machine or voicemail. Hours are of talk and after-call work. Deals and revenue are
-- those put down to the tactic on these days, whichever call they came of; a deal that was paid back in part or in whole stays won, and
-- what was paid back is taken off the revenue. With `rep`, only the rep's calls count, and the rep's parts of deals. With `novelty`,
-- only deals of such customers: of calls it is not known. Of each currency there is a row, in which all but money stands again.
-- A cost is what was recorded as spent on the tactic: each day of a cost's interval bears an equal part, to the minor unit. Where
-- nothing was ever recorded it is not known; neither is it with `rep` or `novelty`, since a cost is for all reps and customers.
-- The share of touches that won has its 95 % interval, and is left out where more was won than tried; it is held against that of the
-- tactic `against` (without it, the one with the most touches). It is too early to tell before both have the touches that are needed
-- to see the difference, or one of `worth_bp` hundredths of a point where it is smaller, and 30 at least. That takes touches for independent of each
-- other, which calls to one customer are not, and customers for shared out by chance; whoever looks every day is misled more often
-- than 5 times in 100.
-- needs: e-mails and meetings among the touches | письма и встречи среди касаний
-- param: from day null
-- param: to day null
-- param: rep text null
-- param: novelty new|existing null
-- param: against text null
-- param: worth_bp whole 100
-- key: tactic, currency
-- chart: bar x=tactic,currency y=win_share between=win_share_low,win_share_high
-- with: in_time AS (SELECT call FROM calls WHERE ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE))
-- with: touching AS (SELECT call, day FROM calls
--    WHERE tactic = $row_tactic AND type = 'call.ended' AND direction = 'outbound' AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
--    GROUP BY call, day HAVING sum(fact.weight) > 0)
-- with: touched AS (SELECT call FROM touching GROUP BY call
--    HAVING min(day) >= coalesce($from::DATE, min(day)) AND ($to::DATE IS NULL OR min(day) < $to::DATE))
-- behind: calls of touches..hours, per_touch_minor, per_hour_minor, win_share..verdict where
--    tactic = $row_tactic AND type = 'call.ended' AND direction = 'outbound' AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
--    AND call IN (FROM touched)
-- behind: deals of deals_won, win_share..verdict where
--    type = 'deal.won' AND tactic = $row_tactic AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
--    AND ($novelty::VARCHAR IS NULL OR novelty = $novelty::VARCHAR)
--    AND ($rep::VARCHAR IS NULL OR list_contains([part.rep FOR part IN credits], $rep::VARCHAR))
-- behind: deals of won_minor..booked_minor, per_touch_minor..per_cost where
--    type IN ('deal.won', 'deal.refunded') AND tactic = $row_tactic AND currency = coalesce($row_currency, currency)
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
--    AND ($novelty::VARCHAR IS NULL OR novelty = $novelty::VARCHAR)
--    AND ($rep::VARCHAR IS NULL OR list_contains([part.rep FOR part IN credits], $rep::VARCHAR))
-- behind: tactics of cost_minor, per_cost where
--    type = 'tactic.cost_recorded' AND tactic = $row_tactic AND currency = coalesce($row_currency, currency)
--    AND $rep::VARCHAR IS NULL AND $novelty::VARCHAR IS NULL
--    AND greatest($from::DATE, starts_on) < least($to::DATE, ends_on)
-- context: calls of touches..hours, per_touch_minor, per_hour_minor, win_share..verdict where
--    tactic = $row_tactic AND type = 'call.ended' AND direction = 'outbound' AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
--    AND call IN (FROM in_time)
-- context: tactics of cost_minor, per_cost where type = 'tactic.cost_recorded' AND tactic = $row_tactic
-- context: calls of against..verdict where
--    tactic = coalesce($against, tactic) AND type = 'call.ended' AND direction = 'outbound' AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
--    AND call IN (FROM in_time)
-- context: deals of against..verdict where
--    type = 'deal.won' AND tactic = coalesce($against, tactic)
--    AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
--    AND ($novelty::VARCHAR IS NULL OR novelty = $novelty::VARCHAR)
--    AND ($rep::VARCHAR IS NULL OR list_contains([part.rep FOR part IN credits], $rep::VARCHAR))
-- column: tactic text | Tactic | Тактика
-- column: currency text | Currency | Валюта
-- column: touches count | Touches | Касания
-- column: reached count | Reached | Дозвоны
-- column: hours number | Hours | Часы
-- column: deals_won count | Deals won | Выиграно сделок
-- column: won_minor minor | Won, minor units | Продано, мин. ед.
-- column: refunded_minor minor | Refunded, minor units | Возвращено, мин. ед.
-- column: booked_minor minor | Revenue, minor units | Выручка, мин. ед.
-- column: cost_minor minor | Cost, minor units | Затраты, мин. ед.
-- column: per_touch_minor minor | Revenue per touch, minor units | Выручка на касание, мин. ед.
-- column: per_hour_minor minor | Revenue per hour, minor units | Выручка в час, мин. ед.
-- column: per_cost number | Revenue per unit of cost | Выручка на единицу затрат
-- column: win_share percent | Won of touches, % | Выиграно от касаний, %
-- column: win_share_low percent | At least, % | Не меньше, %
-- column: win_share_high percent | At most, % | Не больше, %
-- column: against text | Against | С чем сравнено
-- column: difference number | Difference, points | Разница, п. п.
-- column: difference_low number | Difference at least, points | Разница не меньше, п. п.
-- column: difference_high number | Difference at most, points | Разница не больше, п. п.
-- column: needed_touches count | Touches needed of each | Нужно касаний каждой
-- column: verdict text | Verdict | Вывод
-- words: verdict | too early to tell = слишком рано судить | better = лучше | worse = хуже | no difference seen = разницы не видно
WITH known AS (
    SELECT tactic FROM calls WHERE type = 'call.ended'
    UNION
    SELECT tactic FROM deals WHERE type IN ('deal.won', 'deal.refunded')
),
wish AS (
    SELECT $worth_bp / 10000.0::DOUBLE AS worth
    WHERE CASE WHEN $worth_bp::BIGINT BETWEEN 1 AND 5000 THEN true
               ELSE error('worth_bp: hundredths of a percentage point, from 1 to 5000'
                          || ' | сотые доли процентного пункта, от 1 до 5000') END
      AND CASE WHEN $against::VARCHAR IS NULL OR $against::VARCHAR IN (SELECT tactic FROM known WHERE tactic IS NOT NULL) THEN true
               ELSE error('against: no call and no sale was ever put down to such a tactic'
                          || ' | к такой тактике не относится ни один звонок и ни одна продажа') END
),
stay AS (
    SELECT tactic, call, day, answered_at, outcome, answered_by, talk_seconds + wrap_seconds AS seconds, sum(fact.weight) AS times
    FROM calls
    WHERE type = 'call.ended' AND direction = 'outbound' AND tactic IS NOT NULL
      AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
    GROUP BY ALL
    HAVING sum(fact.weight) > 0
),
touch AS (
    SELECT tactic, call, min(day) AS day, sum(times * seconds) AS seconds,
           bool_or(answered_at IS NOT NULL AND outcome <> 'voicemail' AND answered_by IS DISTINCT FROM 'machine') AS reached
    FROM stay
    GROUP BY tactic, call
),
sale AS (
    SELECT tactic, type, currency, fact.weight,
           CASE WHEN $rep::VARCHAR IS NULL THEN amount_minor
                ELSE list_sum([part.amount_minor FOR part IN credits IF part.rep = $rep::VARCHAR]) END AS amount_minor
    FROM deals
    WHERE type IN ('deal.won', 'deal.refunded') AND tactic IS NOT NULL
      AND ($from::DATE IS NULL OR day >= $from::DATE)
      AND ($to::DATE IS NULL OR day < $to::DATE)
      AND ($novelty::VARCHAR IS NULL OR novelty = $novelty::VARCHAR)
      AND ($rep::VARCHAR IS NULL OR list_contains([part.rep FOR part IN credits], $rep::VARCHAR))
),
earned AS (
    SELECT tactic, currency,
           sum(weight) FILTER (type = 'deal.won')                                  AS won,
           coalesce(sum(weight * amount_minor) FILTER (type = 'deal.won'), 0)      AS gross,
           coalesce(sum(weight * amount_minor) FILTER (type = 'deal.refunded'), 0) AS refunded
    FROM sale
    GROUP BY tactic, currency
    HAVING sum(weight) > 0
),
cost AS (
    SELECT tactic, currency, fact.weight, starts_on, ends_on,
           cost_of_days_v1(amount_minor, starts_on, ends_on, $from::DATE, $to::DATE) AS spent_minor
    FROM tactics
    WHERE type = 'tactic.cost_recorded' AND $rep::VARCHAR IS NULL AND $novelty::VARCHAR IS NULL
),
costed AS (
    SELECT tactic FROM cost GROUP BY tactic HAVING sum(weight) > 0
),
spent AS (
    SELECT tactic, currency, sum(weight * spent_minor)::BIGINT AS spent
    FROM cost
    WHERE greatest($from::DATE, starts_on) < least($to::DATE, ends_on)
    GROUP BY tactic, currency
    HAVING sum(weight) > 0
),
money AS (
    SELECT * FROM earned FULL JOIN spent USING (tactic, currency)
),
tried AS (
    SELECT tactic, coalesce(touches, 0) AS touches, coalesce(reached, 0) AS reached, coalesce(seconds, 0) AS seconds,
           coalesce(won, 0) AS won
    FROM (SELECT tactic, count(*) AS touches, count(*) FILTER (reached) AS reached, sum(seconds) AS seconds
          FROM touch
          WHERE ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
          GROUP BY tactic)
         FULL JOIN (SELECT tactic, sum(won) AS won FROM money GROUP BY tactic) USING (tactic)
),
baseline AS (
    SELECT tactic, touches, won
    FROM tried
    WHERE CASE WHEN $against::VARCHAR IS NULL THEN touches > 0 OR won > 0 ELSE tactic = $against::VARCHAR END
    ORDER BY touches DESC, tactic
    LIMIT 1
),
compared AS (
    SELECT tried.*, baseline.tactic AS against, baseline.touches AS base_touches,
           wilson_lower_v1(tried.won, tried.touches)                               AS low,
           wilson_upper_v1(tried.won, tried.touches)                               AS high,
           share_difference_v1(tried.won, tried.touches, baseline.won, baseline.touches) AS difference,
           newcombe_lower_v1(tried.won, tried.touches, baseline.won, baseline.touches)   AS difference_low,
           newcombe_upper_v1(tried.won, tried.touches, baseline.won, baseline.touches)   AS difference_high,
           CASE WHEN is_share(tried.won, tried.touches) THEN tried.won / tried.touches END AS share,
           CASE WHEN is_share(baseline.won, baseline.touches) THEN baseline.won / baseline.touches END AS base_share
    FROM tried LEFT JOIN baseline ON baseline.tactic <> tried.tactic
),
judged AS (
    SELECT compared.*, tries_needed_v1(sample_per_arm_v1(share_to_tell_v1(share, base_share, worth), base_share)) AS needed
    FROM compared, wish
)
SELECT judged.tactic,
       currency,
       touches,
       reached,
       quotient(seconds, 3600)                                                     AS hours,
       judged.won::BIGINT                                                          AS deals_won,
       coalesce(gross, 0)::BIGINT                                                  AS won_minor,
       coalesce(refunded, 0)::BIGINT                                               AS refunded_minor,
       (coalesce(gross, 0) - coalesce(refunded, 0))::BIGINT                        AS booked_minor,
       CASE WHEN costed.tactic IS NOT NULL THEN coalesce(spent, 0) END             AS cost_minor,
       booked_per_touch_v1(booked_minor, touches)                                  AS per_touch_minor,
       booked_per_hour_v1(booked_minor, seconds)                                   AS per_hour_minor,
       booked_per_cost_v1(booked_minor, cost_minor)                                AS per_cost,
       CASE WHEN share IS NOT NULL THEN percent(judged.won, touches) END           AS win_share,
       round(100 * low, 2)::DECIMAL(5, 2)                                          AS win_share_low,
       round(100 * high, 2)::DECIMAL(5, 2)                                         AS win_share_high,
       against,
       CASE WHEN share IS NOT NULL AND base_share IS NOT NULL THEN difference END  AS difference,
       round(100 * difference_low, 2)::DECIMAL(5, 2)                               AS difference_low,
       round(100 * difference_high, 2)::DECIMAL(5, 2)                              AS difference_high,
       needed::BIGINT                                                              AS needed_touches,
       comparison_v1(judged.difference_low, judged.difference_high, touches, base_touches, needed) AS verdict
FROM judged
     LEFT JOIN money ON money.tactic = judged.tactic
     LEFT JOIN costed ON costed.tactic = judged.tactic
WHERE touches > 0 OR currency IS NOT NULL
ORDER BY judged.tactic, currency
