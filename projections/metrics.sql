-- Metrics: numbers that are no sums, computed from cells when they are read.
-- A metric is a macro named <id>_v<version> with its formula as its comment; the view `metrics` lists them. A formula that
-- changes becomes a new version and the old one stays, so that a published number can be reckoned again.
-- All of it is exact: whole numbers in, decimals with two places out (rounded half to even), NULL where there is nothing to
-- divide by. Every comparison with a threshold is `<=`.

-- How often `d` goes into `n`, rounded half to even; for n >= 0.
CREATE OR REPLACE MACRO half_even(n, d) AS
    CASE WHEN d > 0 THEN n // d + (CASE WHEN 2 * (n % d) > d OR (2 * (n % d) = d AND (n // d) % 2 = 1) THEN 1 ELSE 0 END) END;

CREATE OR REPLACE MACRO quotient(n, d) AS half_even(100 * n::HUGEINT, d)::BIGINT * 0.01::DECIMAL(3, 2);

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

CREATE OR REPLACE VIEW metrics AS
SELECT regexp_extract(function_name, '^(.+)_v(\d+)$', 1)                           AS id,
       regexp_extract(function_name, '^(.+)_v(\d+)$', 2)::INTEGER                  AS version,
       comment                                                                     AS formula
FROM duckdb_functions()
WHERE function_type = 'macro' AND NOT internal AND comment IS NOT NULL
ORDER BY id, version;
