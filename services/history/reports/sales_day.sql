-- What did the company sell on each day, and what did it pay back?
-- ru: Что компания продала в каждый день и что вернула?
-- `won_minor` is gross; what went back to customers on the day is `refunded_minor`. Deals are counted whole, whoever is credited.
-- param: day day null
-- param: from day null
-- param: to day null
-- key: day, currency
-- chart: line x=day y=booked_minor by=currency
-- behind: deal_day of wins, won_minor, booked_minor where
--    wins IS NOT NULL AND day::DATE = $row_day AND currency = $row_currency
-- behind: deal_day of refunded_minor, booked_minor where
--    refunded_minor IS NOT NULL AND day::DATE = $row_day AND currency = $row_currency
-- column: day day | Day | День
-- column: currency text | Currency | Валюта
-- column: wins count | Wins | Продажи
-- column: won_minor minor | Won, minor units | Продано, мин. ед.
-- column: refunded_minor minor | Refunded, minor units | Возвращено, мин. ед.
-- column: booked_minor minor | Booked, minor units | Итого, мин. ед.
-- `to` is the first day that is left out.
SELECT day,
       currency,
       sum(wins)::BIGINT                                                           AS wins,
       sum(won_minor)::BIGINT                                                      AS won_minor,
       sum(refunded_minor)::BIGINT                                                 AS refunded_minor,
       sum(won_minor - refunded_minor)::BIGINT                                     AS booked_minor
FROM deal_day
WHERE ($day::DATE IS NULL OR day = $day::DATE)
  AND ($from::DATE IS NULL OR day >= $from::DATE)
  AND ($to::DATE IS NULL OR day < $to::DATE)
GROUP BY day, currency
ORDER BY day, currency
