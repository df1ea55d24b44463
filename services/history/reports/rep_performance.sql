-- What did each rep do in each period, what came of it, and how much of the quota was that?
-- ru: Что сделал каждый продавец за каждый период, что из этого вышло и какую часть плана это составило?
-- A period is a day, week, month, quarter or year, cut off at `from` and at `to`, the first day that is left out. Of each currency
-- there is a row; calls have none, so that they stand in each of these rows again. `handled` calls were answered, whatever became
-- of them; the outcomes beside it sum to `calls`. A deal counts as won to each rep who is credited with a part of it, and as lost
-- to the rep who led it. `won_minor` is gross; what was taken back in the period is `refunded_minor`, the rest `booked_minor`.
-- A quota counts where its own period lies wholly within the row's. Shares are in percent.
-- param: by day|week|month|quarter|year month
-- param: from day null
-- param: to day null
-- param: rep text null
-- key: rep, starts_on, currency
-- chart: bar x=rep,starts_on y=attainment by=currency
-- with: asked_for AS (SELECT period FROM quota_contributions WHERE measure = 'revenue' AND holder = $row_rep
--    AND starts_on::DATE >= $row_starts_on AND ends_on::DATE <= $row_ends_on AND starts_on::DATE <= (SELECT day FROM last_told))
-- behind: calls of calls..aht where type = 'call.ended' AND rep = $row_rep AND day::DATE >= $row_starts_on AND day::DATE < $row_ends_on
-- behind: rep_day of deals_won, win_rate, won_minor, booked_minor, average_deal_minor, attainment where
--    wins IS NOT NULL AND rep = $row_rep AND day::DATE >= $row_starts_on AND day::DATE < $row_ends_on
--    AND currency = coalesce($row_currency, currency)
-- behind: rep_day of refunded_minor, booked_minor, attainment where
--    refunds IS NOT NULL AND rep = $row_rep AND day::DATE >= $row_starts_on AND day::DATE < $row_ends_on
--    AND currency = coalesce($row_currency, currency)
-- behind: deals of deals_lost, win_rate where
--    type = 'deal.lost' AND rep = $row_rep AND day::DATE >= $row_starts_on AND day::DATE < $row_ends_on
--    AND currency = coalesce($row_currency, currency)
-- behind: quota of quota_minor, attainment where measure = 'revenue' AND holder = $row_rep
--    AND currency = coalesce($row_currency, currency) AND period IN (FROM asked_for)
-- column: rep text | Rep | Сотрудник
-- column: starts_on day | From | С
-- column: ends_on day | Before | До (не включая)
-- column: currency text | Currency | Валюта
-- column: calls count | Calls | Звонки
-- column: outbound count | Outbound | Исходящие
-- column: handled count | Handled | Обработано
-- column: answered count | Answered to the end | Отвечено
-- column: transferred count | Transferred | Переведено
-- column: no_answer count | No answer | Нет ответа
-- column: busy count | Busy | Занято
-- column: failed count | Failed | Не удалось
-- column: voicemail count | Voicemail | Голосовая почта
-- column: other count | Other outcomes | Прочие исходы
-- column: talk_seconds seconds | Talk time, s | Время разговора, с
-- column: hold_seconds seconds | Of it on hold, s | Из него на удержании, с
-- column: wrap_seconds seconds | After-call work, s | Постобработка, с
-- column: handle_seconds seconds | Handle time, s | Время обработки, с
-- column: aht seconds | Average handle time, s | Среднее время обработки, с
-- column: deals_won count | Deals won | Выиграно сделок
-- column: deals_lost count | Deals lost | Проиграно сделок
-- column: win_rate percent | Win rate, % | Доля выигранных, %
-- column: won_minor minor | Won, minor units | Продано, мин. ед.
-- column: refunded_minor minor | Refunded, minor units | Возвращено, мин. ед.
-- column: booked_minor minor | Revenue, minor units | Выручка, мин. ед.
-- column: average_deal_minor minor | Average deal, minor units | Средняя сделка, мин. ед.
-- column: quota_minor minor | Quota, minor units | План, мин. ед.
-- column: attainment percent | Attainment, % | Выполнение плана, %
WITH called AS (
    SELECT rep,
           date_trunc($by, day)::DATE                                              AS period,
           sum(fact.weight)                                                        AS calls,
           sum(fact.weight) FILTER (direction = 'outbound')                        AS outbound,
           sum(fact.weight) FILTER (answered_at IS NOT NULL)                       AS handled,
           sum(fact.weight) FILTER (outcome = 'answered')                          AS answered,
           sum(fact.weight) FILTER (starts_with(outcome, 'transferred'))           AS transferred,
           sum(fact.weight) FILTER (outcome = 'no_answer')                         AS no_answer,
           sum(fact.weight) FILTER (outcome = 'busy')                              AS busy,
           sum(fact.weight) FILTER (outcome = 'failed')                            AS failed,
           sum(fact.weight) FILTER (outcome = 'voicemail')                         AS voicemail,
           sum(fact.weight * talk_seconds)                                         AS talk,
           sum(fact.weight * hold_seconds)                                         AS hold,
           sum(fact.weight * wrap_seconds)                                         AS wrap,
           sum(fact.weight * (talk_seconds + wrap_seconds)) FILTER (answered_at IS NOT NULL) AS handle,
           aht_v1(CASE WHEN answered_at IS NOT NULL THEN fact.weight * (talk_seconds + wrap_seconds) END,
                  CASE WHEN answered_at IS NOT NULL THEN fact.weight END)          AS aht
    FROM calls
    WHERE type = 'call.ended' AND rep IS NOT NULL
      AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
    GROUP BY ALL
    HAVING sum(fact.weight) > 0
),
sold AS (
    SELECT rep,
           date_trunc($by, day)::DATE                                              AS period,
           currency,
           sum(wins)                                                               AS won,
           sum(won_minor)                                                          AS gross,
           sum(refunded_minor)                                                     AS refunded
    FROM rep_day
    WHERE currency IS NOT NULL
      AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
    GROUP BY ALL
),
lost AS (
    SELECT rep,
           date_trunc($by, day)::DATE                                              AS period,
           currency,
           sum(fact.weight)                                                        AS lost
    FROM deals
    WHERE type = 'deal.lost'
      AND ($from::DATE IS NULL OR day >= $from::DATE) AND ($to::DATE IS NULL OR day < $to::DATE)
    GROUP BY ALL
),
target AS (
    SELECT holder AS rep,
           currency,
           min(starts_on)::DATE                                                    AS starts_on,
           max(ends_on)::DATE                                                      AS ends_on,
           sum(assigned - relieved)                                                AS quota
    FROM quota
    WHERE measure = 'revenue' AND holder NOT IN (SELECT unit FROM unit_kind)
    GROUP BY holder, quota.period, currency
    HAVING min(starts_on) IS NOT NULL
),
asked AS (
    SELECT rep,
           date_trunc($by, starts_on)::DATE                                        AS period,
           currency,
           sum(quota)                                                              AS quota
    FROM target
    WHERE starts_on <= (SELECT day FROM last_told)
      AND ends_on <= date_trunc($by, starts_on) + ('1 ' || $by)::INTERVAL
      AND ($from::DATE IS NULL OR starts_on >= $from::DATE) AND ($to::DATE IS NULL OR ends_on <= $to::DATE)
    GROUP BY ALL
),
in_currency AS (
    SELECT rep, period, currency FROM sold
    UNION
    SELECT rep, period, currency FROM lost
    UNION
    SELECT rep, period, currency FROM asked
),
line AS (
    FROM in_currency
    UNION ALL
    SELECT rep, period, NULL FROM called ANTI JOIN in_currency USING (rep, period)
)
SELECT line.rep,
       greatest(line.period, $from::DATE)                                          AS starts_on,
       least((line.period + ('1 ' || $by)::INTERVAL)::DATE, $to::DATE)             AS ends_on,
       line.currency,
       coalesce(calls, 0)::BIGINT                                                  AS calls,
       coalesce(outbound, 0)::BIGINT                                               AS outbound,
       coalesce(handled, 0)::BIGINT                                                AS handled,
       coalesce(answered, 0)::BIGINT                                               AS answered,
       coalesce(transferred, 0)::BIGINT                                            AS transferred,
       coalesce(no_answer, 0)::BIGINT                                              AS no_answer,
       coalesce(busy, 0)::BIGINT                                                   AS busy,
       coalesce(failed, 0)::BIGINT                                                 AS failed,
       coalesce(voicemail, 0)::BIGINT                                              AS voicemail,
       (coalesce(calls, 0) - coalesce(answered, 0) - coalesce(transferred, 0) - coalesce(no_answer, 0) - coalesce(busy, 0)
        - coalesce(failed, 0) - coalesce(voicemail, 0))::BIGINT                    AS other,
       coalesce(talk, 0)::BIGINT                                                   AS talk_seconds,
       coalesce(hold, 0)::BIGINT                                                   AS hold_seconds,
       coalesce(wrap, 0)::BIGINT                                                   AS wrap_seconds,
       coalesce(handle, 0)::BIGINT                                                 AS handle_seconds,
       aht,
       coalesce(won, 0)::BIGINT                                                    AS deals_won,
       coalesce(lost, 0)::BIGINT                                                   AS deals_lost,
       win_rate_v1(coalesce(won, 0), coalesce(lost, 0))                            AS win_rate,
       coalesce(gross, 0)::BIGINT                                                  AS won_minor,
       coalesce(refunded, 0)::BIGINT                                               AS refunded_minor,
       (coalesce(gross, 0) - coalesce(refunded, 0))::BIGINT                        AS booked_minor,
       average_deal_v1(gross, won)                                                 AS average_deal_minor,
       quota::BIGINT                                                               AS quota_minor,
       attainment_v1(coalesce(gross, 0) - coalesce(refunded, 0), quota)            AS attainment
FROM line
     LEFT JOIN called ON called.rep = line.rep AND called.period = line.period
     LEFT JOIN sold ON sold.rep = line.rep AND sold.period = line.period AND sold.currency = line.currency
     LEFT JOIN lost ON lost.rep = line.rep AND lost.period = line.period AND lost.currency = line.currency
     LEFT JOIN asked ON asked.rep = line.rep AND asked.period = line.period AND asked.currency = line.currency
WHERE $rep::VARCHAR IS NULL OR line.rep = $rep::VARCHAR
ORDER BY line.period, line.rep, line.currency
