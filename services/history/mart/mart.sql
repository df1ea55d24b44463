-- What a mart says of itself, and how its relations come out of its records.

-- Which records it is made of: in each partition those before an offset.
CREATE TABLE cut (
    topic       VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    before      BIGINT  NOT NULL
);

-- By what it was made, and as known at which moment, in UTC; NULL: of all that was archived.
CREATE TABLE about (
    known_at TIMESTAMP,
    kvota    VARCHAR NOT NULL,
    duckdb   VARCHAR NOT NULL
);

-- By which definitions its cells are made: a definition that changes gets another digest.
CREATE TABLE definitions (
    projection VARCHAR NOT NULL,
    question   VARCHAR NOT NULL,
    digest     VARCHAR NOT NULL
);

-- The records that count, as the relations of the schema `evidence` read them.
CREATE VIEW counted AS
SELECT noun, coalesce(json, decode(raw)) AS json, topic, "partition", "offset", day
FROM records WHERE verdict = 'counts' AND noun IS NOT NULL;

CREATE SCHEMA evidence;
