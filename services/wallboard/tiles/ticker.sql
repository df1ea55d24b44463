-- Which deals were won last, by whom, and for how much?
-- Who has the largest part in a deal stands first.
WITH parts AS (
    SELECT deal,
           currency,
           list(rep ORDER BY credited_minor DESC, rep)                             AS reps
    FROM (SELECT deal, currency, rep, sum(credited_minor) AS credited_minor FROM deal_credit WHERE wins > 0 GROUP BY ALL)
    GROUP BY deal, currency
)
SELECT deal, coalesce(reps, []) AS reps, won_minor, currency, won_at AS at
FROM deal_ticker LEFT JOIN parts USING (deal, currency)
WHERE wins > 0
ORDER BY won_at DESC, deal
LIMIT $deals
