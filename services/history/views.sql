CREATE SCHEMA IF NOT EXISTS evidence;
CREATE SCHEMA IF NOT EXISTS fresh;
CREATE SCHEMA IF NOT EXISTS rolled;

-- Which records an answer is made of: in each partition those before an offset. All that is archived, unless the session
-- says otherwise, of each topic where it is in every partition, from the first on: SET VARIABLE cut = MAP {'kvota.calls': [1000]};
CREATE OR REPLACE VIEW cut AS
SELECT topic, unnest(range(len(befores)))::INTEGER AS "partition", unnest(befores) AS before
FROM (SELECT unnest(map_keys(place)) AS topic, unnest(map_values(place)) AS befores
      FROM (SELECT getvariable('cut')::MAP(VARCHAR, BIGINT[]) AS place))
UNION ALL
SELECT topic, "partition", next_offset FROM progress WHERE getvariable('cut') IS NULL;

-- Of which records the law said something else as of the cut, where that is before what was set aside later; see
-- `earlier_verdicts.py`, which says it.
CREATE OR REPLACE VIEW otherwise AS
SELECT one.*
FROM (SELECT unnest(getvariable('otherwise')::STRUCT(
          topic VARCHAR, "partition" INTEGER, "offset" BIGINT, verdict VARCHAR)[]) AS one);

-- The records before the cut, with what the law said of them then.
CREATE OR REPLACE VIEW judged AS
SELECT records.* REPLACE (coalesce(otherwise.verdict, records.verdict) AS verdict)
FROM records JOIN cut USING (topic, "partition") LEFT JOIN otherwise USING (topic, "partition", "offset")
WHERE "offset" < before;

-- The records that count, as the relations of the nouns read them.
CREATE OR REPLACE VIEW counted AS
SELECT noun, coalesce(json, decode(raw)) AS json, topic, "partition", "offset", day
FROM judged WHERE verdict = 'counts' AND noun IS NOT NULL;

-- The records of which rows are kept: those that count, and those that did until they were parked.
CREATE OR REPLACE VIEW told AS
SELECT noun, coalesce(json, decode(raw)) AS json, topic, "partition", "offset"
FROM records WHERE verdict IN ('counts', 'parked') AND noun IS NOT NULL;

-- Whose rows are left out as of a cut that is before something was set aside: what is parked, unless it counted then, and
-- what did not count yet. As of any other cut, a row says itself whether it counts.
CREATE OR REPLACE VIEW hidden AS
SELECT topic, "partition", "offset"
FROM set_aside ANTI JOIN (SELECT * FROM otherwise WHERE verdict = 'counts') AS earlier USING (topic, "partition", "offset")
WHERE getvariable('otherwise') IS NOT NULL
UNION ALL
SELECT topic, "partition", "offset" FROM otherwise WHERE verdict <> 'counts' AND getvariable('otherwise') IS NOT NULL;

-- The records that do not count though they can be read, as relations would read them.
CREATE OR REPLACE VIEW left_out AS
SELECT noun, coalesce(json, decode(raw)) AS json, topic, "partition", "offset"
FROM judged WHERE verdict NOT IN ('counts', 'unreadable') AND noun IS NOT NULL;
