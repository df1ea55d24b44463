-- Which deals were won lately, when, and for how much?
-- A sale that is amended shows as it is now; who has a part in it is in deal_credit. `won_at` tells sales of the same second
-- apart: the last one is the last.
-- key: deal, won_at, currency
-- live: 7 days of won_at
SELECT deal,
       strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ')                                     AS won_at,
       currency,
       amount_minor                                                                AS won_minor,
       1                                                                           AS wins
FROM deals
WHERE type = 'deal.won'
