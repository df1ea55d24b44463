-- How much is asked of each holder in each period, and how much of that was let go?
-- What is left to reach is `assigned - relieved`, added up over the rows of one holder, measure, skill, period and currency: a
-- relief names its period alone, so that its row has no days. What is withdrawn is taken off `assigned`. Both are in what the
-- measure counts: minor units for revenue, basis points for conversion and skill, else pieces.
-- key: holder, measure, skill, period, starts_on, ends_on, currency
-- live: for ever
SELECT holder,
       measure,
       skill,
       part.period,
       part.starts_on,
       part.ends_on,
       currency,
       CASE type WHEN 'quota.withdrawn' THEN -part.target ELSE part.target END     AS assigned
FROM goals, UNNEST(periods) AS t(part)
WHERE type IN ('quota.assigned', 'quota.withdrawn')
UNION ALL BY NAME
SELECT holder,
       measure,
       skill,
       relief.period,
       NULL                                                                        AS starts_on,
       NULL                                                                        AS ends_on,
       currency,
       relief.relieved
FROM goals, UNNEST(reliefs) AS t(relief)
WHERE type = 'quota.relieved'
