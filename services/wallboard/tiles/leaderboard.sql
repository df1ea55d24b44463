-- Who has sold most this month, how does it stand to what is asked of them, and what are they doing now?
-- `booked_minor` is what was won less what was refunded. Attainment is the part that it makes of the quota, less what was let
-- go of it; `expected_bp` is the part that is due by the end of the business day, by working days, and `pace_bp` by how much
-- attainment is above or below that. As in the report quota_attainment, for quotas by the month.
WITH sold AS (
    SELECT rep,
           sum(won_minor)::BIGINT                                                  AS won_minor,
           sum(won_minor - refunded_minor)::BIGINT                                 AS booked_minor
    FROM rep_month
    WHERE month = $month AND currency = $currency
    GROUP BY rep
),
revenue AS (
    SELECT * FROM quota WHERE measure = 'revenue' AND currency = $currency
),
asked AS (
    SELECT holder AS rep, period, min(starts_on) AS starts_on, max(ends_on) AS ends_on
    FROM revenue
    WHERE starts_on >= $month_starts AND ends_on <= $month_ends AND assigned != 0
    GROUP BY ALL
),
due AS (
    SELECT rep,
           min(starts_on)                                                          AS starts_on,
           max(ends_on)                                                            AS ends_on,
           sum(assigned)::BIGINT                                                   AS quota_minor,
           sum(relieved)::BIGINT                                                   AS relieved_minor
    FROM asked JOIN (SELECT holder AS rep, period, assigned, relieved FROM revenue) USING (rep, period)
    GROUP BY rep
),
paced AS (
    SELECT rep,
           quota_minor,
           quota_minor - relieved_minor                                            AS due_minor,
           len(list_filter($working_dates, lambda each: each >= starts_on AND each < ends_on))                  AS days,
           len(list_filter($working_dates, lambda each: each >= starts_on AND each < ends_on AND each <= $day)) AS elapsed
    FROM due
),
called AS (
    SELECT rep, sum(calls)::BIGINT AS calls FROM rep_day WHERE day = $day GROUP BY rep
),
present AS (
    SELECT rep FROM sold UNION SELECT rep FROM due UNION SELECT rep FROM called
)
SELECT rep,
       coalesce(won_minor, 0)                                                      AS won_minor,
       coalesce(booked_minor, 0)                                                   AS booked_minor,
       quota_minor,
       (100 * attainment_v1(coalesce(booked_minor, 0), due_minor))::BIGINT       AS attainment_bp,
       (100 * expected_share_v1(elapsed, days))::BIGINT                            AS expected_bp,
       (100 * pace_v1(coalesce(booked_minor, 0), due_minor, elapsed, days))::BIGINT  AS pace_bp,
       coalesce(calls, 0)                                                          AS calls,
       last_state                                                                  AS state
FROM present
     LEFT JOIN sold USING (rep) LEFT JOIN paced USING (rep) LEFT JOIN called USING (rep) LEFT JOIN agent_now USING (rep)
ORDER BY booked_minor DESC, attainment_bp DESC NULLS LAST, rep
LIMIT $rows
