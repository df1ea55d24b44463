-- What did each rep do in each month, and what came of it?
-- Sales are gross: `won_minor` is what was won, `refunded_minor` what was taken back, in the month of the refund.
-- key: rep, month, currency
-- live: 2 months of month
SELECT rep,
       strftime(day, '%Y-%m')                                                      AS month,
       NULL                                                                        AS currency,
       1                                                                           AS calls,
       (answered_at IS NOT NULL)::INT                                              AS answered,
       (direction = 'outbound')::INT                                               AS outbound,
       (outcome IN ('transferred_blind', 'transferred_attended'))::INT             AS transferred,
       ring_seconds,
       talk_seconds,
       hold_seconds,
       wrap_seconds
FROM calls
WHERE type = 'call.ended' AND rep IS NOT NULL
UNION ALL BY NAME
SELECT credit.rep,
       strftime(day, '%Y-%m')                                                      AS month,
       currency,
       1                                                                           AS wins,
       credit.amount_minor                                                         AS won_minor,
       CASE novelty WHEN 'new' THEN credit.amount_minor ELSE 0 END                 AS won_new_minor
FROM deals, UNNEST(credits) AS t(credit)
WHERE type = 'deal.won'
UNION ALL BY NAME
SELECT credit.rep,
       strftime(day, '%Y-%m')                                                      AS month,
       currency,
       1                                                                           AS refunds,
       credit.amount_minor                                                         AS refunded_minor
FROM deals, UNNEST(credits) AS t(credit)
WHERE type = 'deal.refunded'
