CREATE SCHEMA IF NOT EXISTS evidence;

-- Which records an answer is made of: in each partition those before an offset. All that is archived, unless the session
-- says otherwise: SET VARIABLE cut = [{'topic': 'kvota.calls', 'partition': 0, 'before': 1000}];
CREATE OR REPLACE VIEW cut AS
SELECT part.topic, part."partition", part.before
FROM (SELECT unnest(getvariable('cut')::STRUCT(topic VARCHAR, "partition" INTEGER, before BIGINT)[]) AS part)
UNION ALL
SELECT topic, "partition", next_offset FROM progress WHERE getvariable('cut') IS NULL;

-- The records that count, as the relations of the nouns read them.
CREATE OR REPLACE VIEW counted AS
SELECT noun, coalesce(json, decode(raw)) AS json, topic, "partition", "offset", day
FROM records JOIN cut USING (topic, "partition")
WHERE verdict = 'counts' AND noun IS NOT NULL AND "offset" < before;
