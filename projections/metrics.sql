-- Metrics: numbers that are no sums, computed from cells when they are read.
-- A metric is a macro named <id>_v<version> with its formula as its comment; the view `metrics` lists them. A formula that
-- changes becomes a new version and the old one stays, so that a published number can be reckoned again.
-- All of it but Erlang C and the intervals is exact: whole numbers in, decimals with two places out (rounded half to even), NULL
-- where there is nothing to divide by. Every comparison with a threshold is `<=`.

-- How often `d` goes into `n`, rounded half to even.
CREATE OR REPLACE MACRO half_even_up(n, d) AS
    n // d + (CASE WHEN 2 * (n % d) > d OR (2 * (n % d) = d AND (n // d) % 2 = 1) THEN 1 ELSE 0 END);

CREATE OR REPLACE MACRO half_even(n, d) AS
    CASE WHEN d > 0 THEN sign(n) * half_even_up(abs(n::HUGEINT), d) END;

CREATE OR REPLACE MACRO quotient(n, d) AS half_even(100 * n::HUGEINT, d)::DECIMAL(36, 0) * 0.01::DECIMAL(2, 2);

CREATE OR REPLACE MACRO percent(n, d) AS quotient(100 * n::HUGEINT, d);

-- Service level. The arguments are the columns of queue_interval; `calls` of them stayed in the queue with this outcome,
-- were answered (1) or not (0), and waited at most `wait` seconds.
CREATE OR REPLACE MACRO total(calls) AS coalesce(sum(calls), 0);

CREATE OR REPLACE MACRO answered_in(calls, answered, wait, threshold) AS
    coalesce(sum(calls) FILTER (answered = 1 AND wait <= threshold), 0);

CREATE OR REPLACE MACRO answered_in_all(calls, answered) AS coalesce(sum(calls) FILTER (answered = 1), 0);

CREATE OR REPLACE MACRO abandoned_in(calls, outcome, answered, wait, threshold) AS
    coalesce(sum(calls) FILTER (outcome = 'abandoned' AND answered = 0 AND wait <= threshold), 0);

CREATE OR REPLACE MACRO abandoned_in_all(calls, outcome, answered) AS
    coalesce(sum(calls) FILTER (outcome = 'abandoned' AND answered = 0), 0);

CREATE OR REPLACE MACRO service_level_answered_only_v1(calls, outcome, answered, wait, threshold, short) AS
    percent(answered_in(calls, answered, wait, threshold), answered_in_all(calls, answered));
COMMENT ON MACRO service_level_answered_only_v1 IS
    'answered within the threshold / answered';

CREATE OR REPLACE MACRO service_level_offered_v1(calls, outcome, answered, wait, threshold, short) AS
    percent(answered_in(calls, answered, wait, threshold), total(calls));
COMMENT ON MACRO service_level_offered_v1 IS
    'answered within the threshold / offered';

CREATE OR REPLACE MACRO service_level_removed_v1(calls, outcome, answered, wait, threshold, short) AS
    percent(coalesce(sum(calls) FILTER (wait <= threshold), 0), total(calls));
COMMENT ON MACRO service_level_removed_v1 IS
    'left the queue within the threshold, answered or not / offered';

CREATE OR REPLACE MACRO service_level_ignore_abandon_within_threshold_v1(calls, outcome, answered, wait, threshold, short) AS
    percent(answered_in(calls, answered, wait, threshold),
            total(calls) - abandoned_in(calls, outcome, answered, wait, threshold));
COMMENT ON MACRO service_level_ignore_abandon_within_threshold_v1 IS
    'answered within the threshold / (offered - abandoned within the threshold)';

CREATE OR REPLACE MACRO service_level_exclude_short_v1(calls, outcome, answered, wait, threshold, short) AS
    percent(answered_in(calls, answered, wait, threshold),
            total(calls) - abandoned_in(calls, outcome, answered, wait, short));
COMMENT ON MACRO service_level_exclude_short_v1 IS
    'answered within the threshold / (offered - abandoned within the short time)';

CREATE OR REPLACE MACRO service_level_abandon_after_threshold_v1(calls, outcome, answered, wait, threshold, short) AS
    percent(answered_in(calls, answered, wait, threshold),
            answered_in_all(calls, answered) + abandoned_in_all(calls, outcome, answered)
            - abandoned_in(calls, outcome, answered, wait, threshold));
COMMENT ON MACRO service_level_abandon_after_threshold_v1 IS
    'answered within the threshold / (answered + abandoned after the threshold): who left in another way is left out';

CREATE OR REPLACE MACRO abandon_rate_v1(calls, outcome, answered) AS
    percent(abandoned_in_all(calls, outcome, answered), total(calls));
COMMENT ON MACRO abandon_rate_v1 IS
    'abandoned / offered';

CREATE OR REPLACE MACRO asa_v1(calls, answered, wait_seconds) AS
    quotient(coalesce(sum(wait_seconds) FILTER (answered = 1), 0), answered_in_all(calls, answered));
COMMENT ON MACRO asa_v1 IS
    'seconds waited by those who were answered / answered';

CREATE OR REPLACE MACRO aht_v1(handle_seconds, handled) AS
    quotient(coalesce(sum(handle_seconds), 0), coalesce(sum(handled), 0));
COMMENT ON MACRO aht_v1 IS
    '(talk, hold included, + after-call work) / answered';

-- Whether cells can tell exactly who waited no longer than `threshold`: it has to be the upper edge of a wait bucket.
CREATE OR REPLACE MACRO is_wait_edge(threshold) AS
    threshold <= 60 OR (threshold <= 300 AND threshold % 5 = 0) OR threshold % 60 = 0;

-- The place of a wait among bins [min, max) with these inner edges, from 0.
CREATE OR REPLACE MACRO wait_bin(wait, edges) AS len(list_filter(edges, lambda edge: edge <= wait));

-- Attainment. Amounts are whole minor units (or pieces) and are exact; `booked` is what was credited less what was refunded,
-- so it may be below zero; `quota` is what was assigned less what was relieved. `days` are the working days of the period and
-- `elapsed` those that are over, by the company calendar (projections.calendar): a metric reads no calendar. Amounts that
-- come out are rounded once, to the minor unit.
CREATE OR REPLACE MACRO whole_units(n, d) AS half_even(n::HUGEINT, d)::BIGINT;

CREATE OR REPLACE MACRO attainment_v1(booked, quota) AS
    percent(booked, quota);
COMMENT ON MACRO attainment_v1 IS
    'booked / quota (Oracle: credited amount / interval goal)';

CREATE OR REPLACE MACRO expected_share_v1(elapsed, days) AS
    percent(elapsed, days);
COMMENT ON MACRO expected_share_v1 IS
    'working days that are over / working days of the period: the part of the quota that is due by now';

CREATE OR REPLACE MACRO attainment_to_date_v1(booked, quota, elapsed, days) AS
    percent(booked * days::HUGEINT, quota * elapsed::HUGEINT);
COMMENT ON MACRO attainment_to_date_v1 IS
    'booked / (quota x expected share): attainment of what is due by now';

CREATE OR REPLACE MACRO pace_v1(booked, quota, elapsed, days) AS
    percent(booked * days::HUGEINT - quota * elapsed::HUGEINT, quota * days::HUGEINT);
COMMENT ON MACRO pace_v1 IS
    'attainment - expected share, in percentage points: 0 is on pace, less is behind (linearity)';

CREATE OR REPLACE MACRO pace_per_day_v1(booked, elapsed) AS
    whole_units(booked, elapsed);
COMMENT ON MACRO pace_per_day_v1 IS
    'booked / working days that are over';

CREATE OR REPLACE MACRO forecast_v1(booked, elapsed, days) AS
    whole_units(booked * days::HUGEINT, elapsed);
COMMENT ON MACRO forecast_v1 IS
    'booked + booked / working days that are over x working days that remain: the projected end of the period';

CREATE OR REPLACE MACRO gap_v1(booked, quota) AS
    (CASE WHEN booked < quota THEN quota - booked WHEN booked >= quota THEN 0 END)::BIGINT;
COMMENT ON MACRO gap_v1 IS
    'quota - booked, never below 0';

CREATE OR REPLACE MACRO required_per_day_v1(booked, quota, elapsed, days) AS
    whole_units(gap_v1(booked, quota), days - elapsed);
COMMENT ON MACRO required_per_day_v1 IS
    'gap / working days that remain';

CREATE OR REPLACE MACRO over_assignment_v1(members_quota, own_quota) AS
    percent(members_quota - own_quota, own_quota);
COMMENT ON MACRO over_assignment_v1 IS
    'sum of the quotas of the members / own quota of the team - 1';

CREATE OR REPLACE MACRO prorated_v1(quota, days_there, days) AS
    whole_units(quota * days_there::HUGEINT, days);
COMMENT ON MACRO prorated_v1 IS
    'quota x days of the interval that somebody is there / days of the interval, both ends counted';

CREATE OR REPLACE MACRO credited_v1(amount, part, whole) AS
    whole_units(coalesce(sum(amount * part::HUGEINT), 0), whole);
COMMENT ON MACRO credited_v1 IS
    'sum of amount x share, where the share is part / whole';

CREATE OR REPLACE MACRO weighted_forecast_v1(amount, part, whole) AS
    whole_units(coalesce(sum(amount * part::HUGEINT), 0), whole);
COMMENT ON MACRO weighted_forecast_v1 IS
    'sum of amount x probability over open deals, where the probability is part / whole';

CREATE OR REPLACE MACRO coverage_of_quota_v1(pipeline, quota) AS
    quotient(pipeline, quota);
COMMENT ON MACRO coverage_of_quota_v1 IS
    'pipeline / quota';

CREATE OR REPLACE MACRO coverage_of_remaining_v1(pipeline, booked, quota) AS
    quotient(pipeline, gap_v1(booked, quota));
COMMENT ON MACRO coverage_of_remaining_v1 IS
    'pipeline / gap';

CREATE OR REPLACE MACRO pipeline_needed_v1(booked, quota, part, whole) AS
    whole_units(gap_v1(booked, quota) * whole::HUGEINT, part);
COMMENT ON MACRO pipeline_needed_v1 IS
    'gap / win rate, where the win rate is part / whole';

-- Sales of a rep or a unit in a period: deals are counted, amounts are whole minor units. A deal is decided when it is won or lost.
CREATE OR REPLACE MACRO win_rate_v1(won, lost) AS
    percent(won, won + lost);
COMMENT ON MACRO win_rate_v1 IS
    'won / (won + lost): of the deals that were decided';

CREATE OR REPLACE MACRO average_deal_v1(won_minor, won) AS
    whole_units(won_minor, won);
COMMENT ON MACRO average_deal_v1 IS
    'amount won / deals won';

CREATE OR REPLACE MACRO change_v1(now, before) AS
    percent(now - before, before);
COMMENT ON MACRO change_v1 IS
    'now / before - 1; of nothing, or of less, there is no change in percent';

CREATE OR REPLACE MACRO stage_conversion_v1(moved_on, reached) AS
    percent(moved_on, reached);
COMMENT ON MACRO stage_conversion_v1 IS
    'deals that were won or entered a later stage / deals that reached the stage';

CREATE OR REPLACE MACRO stage_conversion_decided_v1(moved_on, lost) AS
    percent(moved_on, moved_on + lost);
COMMENT ON MACRO stage_conversion_decided_v1 IS
    'deals that were won or entered a later stage / the same and those lost before: open deals are left out';

-- Sharing out leads. Parts are kept in billionths, so that sums of many do not depend on their order.
CREATE OR REPLACE MACRO fair_share_v1(weight, weights) AS
    half_even(weight * 1000000000::HUGEINT, weights);
COMMENT ON MACRO fair_share_v1 IS
    'weight / weights of all who could take the lead, in billionths of a lead';

-- Erlang C, the same as in erlang.py: no fractions, so in floating point, to be rounded when shown. `blocked` is Erlang B for a
-- number of agents, 1 for none; `patience` is the threshold in handle times. With no more agents than erlangs the queue only grows.
CREATE OR REPLACE MACRO erlang_b_next_v1(agents, erlangs, blocked) AS
    erlangs * blocked / (agents + 1 + erlangs * blocked);
COMMENT ON MACRO erlang_b_next_v1 IS
    'Erlang B for one agent more: A B / (N + 1 + A B)';

CREATE OR REPLACE MACRO erlang_wait_v1(agents, erlangs, blocked) AS
    CASE WHEN agents <= erlangs THEN 1 ELSE blocked / (1 - erlangs / agents * (1 - blocked)) END;
COMMENT ON MACRO erlang_wait_v1 IS
    'Erlang C, the share of callers who wait: B / (1 - A / N (1 - B))';

CREATE OR REPLACE MACRO erlang_service_level_v1(agents, erlangs, blocked, patience) AS
    CASE WHEN agents <= erlangs THEN 0
         ELSE 1 - erlang_wait_v1(agents, erlangs, blocked) * exp(-(agents - erlangs) * patience) END;
COMMENT ON MACRO erlang_service_level_v1 IS
    '1 - Pw exp(-(N - A) T / AHT)';

CREATE OR REPLACE MACRO erlang_occupancy_v1(agents, erlangs) AS
    CASE WHEN agents <= erlangs THEN 1 WHEN agents > erlangs THEN erlangs / agents END;
COMMENT ON MACRO erlang_occupancy_v1 IS
    'A / N, never above 1';

CREATE OR REPLACE MACRO erlang_asa_v1(agents, erlangs, blocked, handle) AS
    CASE WHEN agents > erlangs THEN erlang_wait_v1(agents, erlangs, blocked) * handle / (agents - erlangs) END;
COMMENT ON MACRO erlang_asa_v1 IS
    'Pw AHT / (N - A)';

-- Outbound calls. Four things are called "contact rate": each of these names what it divides by.
CREATE OR REPLACE MACRO connect_rate_v1(connected, dials) AS
    percent(connected, dials);
COMMENT ON MACRO connect_rate_v1 IS
    'answered, by a machine or voicemail too / dials';

CREATE OR REPLACE MACRO contact_rate_v1(live, dials) AS
    percent(live, dials);
COMMENT ON MACRO contact_rate_v1 IS
    'answered by a person / dials';

CREATE OR REPLACE MACRO right_party_rate_v1(right_party, dials) AS
    percent(right_party, dials);
COMMENT ON MACRO right_party_rate_v1 IS
    'the person who can decide was on the line / dials';

CREATE OR REPLACE MACRO outbound_abandon_v1(abandoned, live) AS
    percent(abandoned, live);
COMMENT ON MACRO outbound_abandon_v1 IS
    'answered by a person with whom no agent spoke in time (2 s) / answered by a person (16 CFR 310.4(b)(4))';

-- Which of two ways wins more often? Of `tries`, `hits` came off. Limits and shares are parts of 1, in floating point, to be rounded
-- when shown; limits hold in 95 of 100 cases, and more hits than tries have none. Tries are taken for independent of each other.
CREATE OR REPLACE MACRO normal_quantile_975() AS 1.959963984540054::DOUBLE;

CREATE OR REPLACE MACRO normal_quantile_80() AS 0.8416212335729143::DOUBLE;

CREATE OR REPLACE MACRO is_share(hits, tries) AS tries > 0 AND hits BETWEEN 0 AND tries;

CREATE OR REPLACE MACRO wilson_centre(hits, tries) AS
    (hits + normal_quantile_975() ** 2 / 2) / (tries + normal_quantile_975() ** 2);

CREATE OR REPLACE MACRO wilson_reach(hits, tries) AS
    normal_quantile_975() / (tries + normal_quantile_975() ** 2)
    * sqrt(hits::DOUBLE * (tries - hits) / tries + normal_quantile_975() ** 2 / 4);

CREATE OR REPLACE MACRO wilson_lower_v1(hits, tries) AS
    CASE WHEN is_share(hits, tries) THEN least(greatest(wilson_centre(hits, tries) - wilson_reach(hits, tries), 0), hits / tries) END;
COMMENT ON MACRO wilson_lower_v1 IS
    'lower root of |hits / tries - p| = z sqrt(p (1 - p) / tries), z = 1.96 (Wilson 1927, J. Am. Stat. Assoc. 22:209-212)';

CREATE OR REPLACE MACRO wilson_upper_v1(hits, tries) AS
    CASE WHEN is_share(hits, tries) THEN greatest(least(wilson_centre(hits, tries) + wilson_reach(hits, tries), 1), hits / tries) END;
COMMENT ON MACRO wilson_upper_v1 IS
    'upper root of |hits / tries - p| = z sqrt(p (1 - p) / tries), z = 1.96 (Wilson 1927, J. Am. Stat. Assoc. 22:209-212)';

CREATE OR REPLACE MACRO share_difference_v1(hits, tries, other_hits, other_tries) AS
    percent(hits * other_tries::HUGEINT - other_hits * tries::HUGEINT, tries * other_tries::HUGEINT);
COMMENT ON MACRO share_difference_v1 IS
    'hits / tries - other hits / other tries, in percentage points';

CREATE OR REPLACE MACRO newcombe_lower_v1(hits, tries, other_hits, other_tries) AS
    CASE WHEN is_share(hits, tries) AND is_share(other_hits, other_tries)
         THEN greatest(hits / tries - other_hits / other_tries
                       - sqrt((hits / tries - wilson_lower_v1(hits, tries)) ** 2
                              + (wilson_upper_v1(other_hits, other_tries) - other_hits / other_tries) ** 2), -1) END;
COMMENT ON MACRO newcombe_lower_v1 IS
    'd - sqrt((p1 - l1)^2 + (u2 - p2)^2), d = p1 - p2, l and u by Wilson (Newcombe 1998, Statistics in Medicine 17:873-890, method 10)';

CREATE OR REPLACE MACRO newcombe_upper_v1(hits, tries, other_hits, other_tries) AS
    CASE WHEN is_share(hits, tries) AND is_share(other_hits, other_tries)
         THEN least(hits / tries - other_hits / other_tries
                    + sqrt((wilson_upper_v1(hits, tries) - hits / tries) ** 2
                           + (other_hits / other_tries - wilson_lower_v1(other_hits, other_tries)) ** 2), 1) END;
COMMENT ON MACRO newcombe_upper_v1 IS
    'd + sqrt((u1 - p1)^2 + (p2 - l2)^2), d = p1 - p2, l and u by Wilson (Newcombe 1998, Statistics in Medicine 17:873-890, method 10)';

CREATE OR REPLACE MACRO sample_per_arm_v1(share, other_share) AS
    CASE WHEN share <> other_share
         THEN ceil(((normal_quantile_975() * sqrt((share + other_share) * (2 - share - other_share) / 2)
                     + normal_quantile_80() * sqrt(share * (1 - share) + other_share * (1 - other_share)))
                    / (share - other_share)) ** 2) END;
COMMENT ON MACRO sample_per_arm_v1 IS
    '(1.96 sqrt(2 m (1 - m)) + 0.84 sqrt(p1 (1 - p1) + p2 (1 - p2)))^2 / (p1 - p2)^2, m = (p1 + p2) / 2: 5 % two-sided, 80 % power '
    '(Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, chapter 4, without continuity correction)';

CREATE OR REPLACE MACRO tries_needed_v1(sample) AS
    CASE WHEN sample < 30 THEN 30 ELSE sample END;
COMMENT ON MACRO tries_needed_v1 IS
    'the sample per arm, and at least 30: the formula takes shares for normally distributed, which those of fewer tries are not';

-- A difference that is worth less than `worth` is none that anybody looks for: towards one half, where it is the hardest to see.
CREATE OR REPLACE MACRO share_to_tell_v1(share, other_share, worth) AS
    CASE WHEN abs(share - other_share) >= worth THEN share
         WHEN abs(share - other_share) < worth
         THEN other_share + CASE WHEN other_share <= 0.5 THEN worth ELSE -worth END END;
COMMENT ON MACRO share_to_tell_v1 IS
    'the share, or, where it differs by less than is worth a change, the other share moved by so much towards one half';

CREATE OR REPLACE MACRO comparison_v1(lower_limit, upper_limit, tries, other_tries, needed) AS
    CASE WHEN least(tries, other_tries) < needed THEN 'too early to tell'
         WHEN lower_limit > 0 THEN 'better'
         WHEN upper_limit < 0 THEN 'worse'
         WHEN needed IS NOT NULL THEN 'no difference seen' END;
COMMENT ON MACRO comparison_v1 IS
    'too early with fewer tries than the sample needed per arm; better or worse where the interval of the difference leaves 0 out';

-- What effort and money bring back.
CREATE OR REPLACE MACRO booked_per_touch_v1(booked, touches) AS
    whole_units(booked, touches);
COMMENT ON MACRO booked_per_touch_v1 IS
    '(won - refunded) / touches';

CREATE OR REPLACE MACRO booked_per_hour_v1(booked, seconds) AS
    whole_units(3600 * booked::HUGEINT, seconds);
COMMENT ON MACRO booked_per_hour_v1 IS
    '(won - refunded) / hours of talk and after-call work';

-- What an interval costs is borne by its days alike. A part is rounded where it begins and where it ends, so that the costs of
-- parts that follow one another add up to that of the whole, to the minor unit.
CREATE OR REPLACE MACRO spent_before(amount, starts_on, ends_on, before) AS
    amount::HUGEINT * (least(greatest(before, starts_on), ends_on) - starts_on) // (ends_on - starts_on);

CREATE OR REPLACE MACRO cost_of_days_v1(amount, starts_on, ends_on, first, until) AS
    (spent_before(amount, starts_on, ends_on, coalesce(until, ends_on))
     - spent_before(amount, starts_on, ends_on, coalesce(first, starts_on)))::BIGINT;
COMMENT ON MACRO cost_of_days_v1 IS
    'cost x days of the interval before the end / days of the interval, whole, less the same before the first day';

CREATE OR REPLACE MACRO booked_per_cost_v1(booked, cost) AS
    quotient(booked, cost);
COMMENT ON MACRO booked_per_cost_v1 IS
    '(won - refunded) / cost';

CREATE OR REPLACE MACRO return_on_cost_v1(gain, cost) AS
    percent(gain - cost, cost);
COMMENT ON MACRO return_on_cost_v1 IS
    '(gain - cost) / cost; over no cost there is none';

-- The average of some people, in billionths, so that averages can be added up in any order.
CREATE OR REPLACE MACRO average_of_v1(total, people) AS
    half_even(total * 1000000000::HUGEINT, people);
COMMENT ON MACRO average_of_v1 IS
    'total / people, in billionths';

-- Agents' time, in seconds of the clock: somebody who does two things at once does them in the time of one. Both words are
-- used for either ratio (ICMI 2012 has them the other way round), so that the formula goes with the number.
CREATE OR REPLACE MACRO occupancy_v1(on_contact, ready) AS
    percent(on_contact, on_contact + ready);
COMMENT ON MACRO occupancy_v1 IS
    'on contact (talk, hold, after-call work) / (on contact + waiting for a call)';

CREATE OR REPLACE MACRO occupancy_copc_v1(on_contact, at_the_phone) AS
    percent(on_contact, at_the_phone);
COMMENT ON MACRO occupancy_copc_v1 IS
    'on contact (talk, hold, after-call work) / signed in and not paused (COPC)';

CREATE OR REPLACE MACRO utilisation_v1(on_contact, planned) AS
    percent(on_contact, planned);
COMMENT ON MACRO utilisation_v1 IS
    'on contact (talk, hold, after-call work) / planned time at work (injixo: of the paid hours)';

CREATE OR REPLACE VIEW metrics AS
SELECT regexp_extract(function_name, '^(.+)_v(\d+)$', 1)                           AS id,
       regexp_extract(function_name, '^(.+)_v(\d+)$', 2)::INTEGER                  AS version,
       comment                                                                     AS formula
FROM duckdb_functions()
WHERE function_type = 'macro' AND NOT internal AND comment IS NOT NULL
ORDER BY id, version;
