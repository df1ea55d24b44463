-- What did each deal bring each rep on each day, and what was taken back?
-- `credited_minor` is gross: refunds stand beside it, on the day of the refund. Teams and managers are added up when read, by
-- membership as of the day and never above what the deal itself brought (deal_day): with overlays the credits are more.
-- key: deal, rep, day, currency
-- live: 8 days of day
SELECT deal,
       credit.rep,
       day,
       currency,
       credit.amount_minor                                                         AS credited_minor,
       1                                                                           AS wins
FROM deals, UNNEST(credits) AS t(credit)
WHERE type = 'deal.won'
UNION ALL BY NAME
SELECT deal,
       credit.rep,
       day,
       currency,
       credit.amount_minor                                                         AS refunded_minor
FROM deals, UNNEST(credits) AS t(credit)
WHERE type = 'deal.refunded'
