-- What did each rep do on each day, and what came of it?
-- `won_minor` is gross; what was taken back on the day is `refunded_minor`.
-- param: day day null
-- param: from day null
-- param: to day null
-- param: rep text null
-- `to` is the first day that is left out.
WITH days AS (
    SELECT *
    FROM rep_day
    WHERE ($day::DATE IS NULL OR day::DATE = $day::DATE)
      AND ($from::DATE IS NULL OR day::DATE >= $from::DATE)
      AND ($to::DATE IS NULL OR day::DATE < $to::DATE)
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
