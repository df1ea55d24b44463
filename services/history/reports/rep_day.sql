-- What did each rep do on each day, and what came of it?
-- ru: Что каждый сотрудник делал в каждый день и что из этого вышло?
-- `won_minor` is gross; what was taken back on the day is `refunded_minor`.
-- param: day day null
-- param: from day null
-- param: to day null
-- param: rep text null
-- key: rep, day
-- chart: line x=day y=calls by=rep
-- behind: rep_day of calls..aht where calls IS NOT NULL AND rep = $row_rep AND day::DATE = $row_day
-- behind: rep_day of wins..refunded_minor where currency IS NOT NULL AND rep = $row_rep AND day::DATE = $row_day
-- column: rep text | Rep | Сотрудник
-- column: day day | Day | День
-- column: calls count | Calls | Звонки
-- column: answered count | Answered | Отвечено
-- column: outbound count | Outbound | Исходящие
-- column: transferred count | Transferred | Переведено
-- column: talk_seconds seconds | Talk, s | Разговор, с
-- column: hold_seconds seconds | Hold, s | Удержание, с
-- column: wrap_seconds seconds | Wrap-up, s | Постобработка, с
-- column: aht seconds | Average handle time, s | Среднее время обработки, с
-- column: wins count | Wins | Продажи
-- column: won_minor map | Won, minor units | Продано, мин. ед.
-- column: won_new_minor map | Won from new customers, minor units | Продано новым клиентам, мин. ед.
-- column: refunds count | Refunds | Возвраты
-- column: refunded_minor map | Refunded, minor units | Возвращено, мин. ед.
-- `to` is the first day that is left out.
WITH days AS (
    SELECT *
    FROM rep_day
    WHERE ($day::DATE IS NULL OR day = $day::DATE)
      AND ($from::DATE IS NULL OR day >= $from::DATE)
      AND ($to::DATE IS NULL OR day < $to::DATE)
      AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
)
SELECT rep,
       day,
       sum(calls)::BIGINT                                                          AS calls,
       sum(answered)::BIGINT                                                       AS answered,
       sum(outbound)::BIGINT                                                       AS outbound,
       sum(transferred)::BIGINT                                                    AS transferred,
       sum(talk_seconds)::BIGINT                                                   AS talk_seconds,
       sum(hold_seconds)::BIGINT                                                   AS hold_seconds,
       sum(wrap_seconds)::BIGINT                                                   AS wrap_seconds,
       aht_v1(talk_seconds + wrap_seconds, answered)                               AS aht,
       sum(wins)::BIGINT                                                           AS wins,
       coalesce(map_from_entries(list({'currency': currency, 'minor': won_minor} ORDER BY currency)
                                 FILTER (currency IS NOT NULL)), MAP {})           AS won_minor,
       coalesce(map_from_entries(list({'currency': currency, 'minor': won_new_minor} ORDER BY currency)
                                 FILTER (currency IS NOT NULL)), MAP {})           AS won_new_minor,
       sum(refunds)::BIGINT                                                        AS refunds,
       coalesce(map_from_entries(list({'currency': currency, 'minor': refunded_minor} ORDER BY currency)
                                 FILTER (currency IS NOT NULL)), MAP {})           AS refunded_minor
FROM days
GROUP BY rep, day
ORDER BY day, rep
