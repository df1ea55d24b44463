-- What did each deal bring on each day, and what went back to the customer?
-- The whole of the sale, whoever is credited: no unit of the company gets more from one deal. `won_minor` is gross.
-- key: deal, day, currency
-- live: 8 days of day
SELECT deal,
       day,
       currency,
       amount_minor                                                                AS won_minor,
       1                                                                           AS wins
FROM deals
WHERE type = 'deal.won'
UNION ALL BY NAME
SELECT deal,
       day,
       currency,
       amount_minor                                                                AS refunded_minor
FROM deals
WHERE type = 'deal.refunded'
