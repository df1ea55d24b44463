-- Which open deals have stood in their stage for too long?
-- ru: Какие открытые сделки слишком долго стоят на своём этапе?
-- As of the start of the day `as_of`; without it, of the last business day that the log tells of. Too long is `days` days or
-- more since the deal entered its stage. Amounts are what the sale is expected to bring.
-- param: as_of day null
-- param: days whole 14
-- param: rep text null
-- key: deal
-- chart: bar x=deal y=days_in_stage
-- with: staged AS (SELECT max(fact."offset") AS place FROM deals
--    WHERE type IN ('deal.opened', 'deal.advanced') AND deal = $row_deal
--    AND day <= coalesce($as_of::DATE, (SELECT day FROM last_told)))
-- behind: deals where deal = $row_deal AND fact."offset" = (SELECT place FROM staged)
-- context: deals where type IN ('deal.opened', 'deal.advanced', 'deal.reassigned') AND deal = $row_deal
-- column: deal text | Deal | Сделка
-- column: customer text | Customer | Клиент
-- column: rep text | Rep | Сотрудник
-- column: stage text | Stage | Этап
-- column: staged_on day | In the stage since | На этапе с
-- column: days_in_stage count | Days in the stage | Дней на этапе
-- column: amount_minor minor | Amount, minor units | Сумма, мин. ед.
-- column: currency text | Currency | Валюта
WITH moment AS (
    SELECT coalesce($as_of::DATE, (SELECT day FROM last_told)) AS as_of
),
told AS (
    SELECT deals.*, fact."offset" AS place
    FROM deals, moment
    WHERE day <= as_of AND fact.weight > 0
),
deal_now AS (
    SELECT deal,
           max_by(customer, place) FILTER (type = 'deal.opened')                   AS customer,
           max_by(rep, place)                                                      AS rep,
           max_by(stage, place) FILTER (type IN ('deal.opened', 'deal.advanced'))  AS stage,
           max_by(day, place) FILTER (type IN ('deal.opened', 'deal.advanced'))    AS staged_on,
           max_by(amount_minor, place) FILTER (type IN ('deal.opened', 'deal.advanced')) AS amount_minor,
           max_by(currency, place) FILTER (type IN ('deal.opened', 'deal.advanced')) AS currency
    FROM told
    WHERE type IN ('deal.opened', 'deal.advanced', 'deal.reassigned')
    GROUP BY deal
    HAVING deal NOT IN (SELECT deal FROM told WHERE type IN ('deal.won', 'deal.lost'))
)
SELECT deal,
       customer,
       rep,
       stage,
       staged_on,
       date_diff('day', staged_on, as_of)                                          AS days_in_stage,
       amount_minor,
       currency
FROM deal_now CROSS JOIN moment
WHERE date_diff('day', staged_on, as_of) >= $days::BIGINT AND ($rep::VARCHAR IS NULL OR rep = $rep::VARCHAR)
ORDER BY days_in_stage DESC, deal
