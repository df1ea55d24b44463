-- What the archive keeps: every record as the log holds it, with what the law says of it; and how far each partition was read.
CREATE TABLE IF NOT EXISTS records (
    topic         VARCHAR   NOT NULL,
    "partition"   INTEGER   NOT NULL,
    "offset"      BIGINT    NOT NULL,
    appended_at   TIMESTAMP NOT NULL,  -- the broker's word, in UTC
    raw           BLOB USING COMPRESSION zstd,  -- the value as stored; NULL where the record has none
    verdict       VARCHAR   NOT NULL,  -- events.law.Verdict
    reason        VARCHAR,             -- why it is unreadable or parked
    noun          VARCHAR,             -- NULL where this version does not know the type
    id            UUID,
    type          VARCHAR,
    day           DATE,
    stream        VARCHAR,
    streamversion BIGINT,
    json          VARCHAR              -- the record in today's shape, only where an upcaster changed it
);

CREATE TABLE IF NOT EXISTS progress (
    topic       VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    next_offset BIGINT  NOT NULL,
    PRIMARY KEY (topic, "partition")
);

-- The latest word of the broker's clock in each partition. Files of earlier releases do not have it.
ALTER TABLE progress ADD COLUMN IF NOT EXISTS latest TIMESTAMP;
UPDATE progress SET latest = (SELECT max(appended_at) FROM records
                              WHERE records.topic = progress.topic AND records."partition" = progress."partition")
WHERE latest IS NULL;

-- The records that are parked. They have rows like those that count, for until then they did.
CREATE TABLE IF NOT EXISTS set_aside (
    topic       VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    "offset"    BIGINT  NOT NULL
);

-- At a moment, in UTC, a partition had been read to its end, and held no record from `before` on: what comes later was
-- not known then, whatever a clock says of it. Those that the times of the records say as well are not kept.
CREATE TABLE IF NOT EXISTS closings (
    topic       VARCHAR   NOT NULL,
    "partition" INTEGER   NOT NULL,
    before      BIGINT    NOT NULL,
    moment      TIMESTAMP NOT NULL,
    PRIMARY KEY (topic, "partition", before)
);

-- The catalogue by which the records were read: when an event gets a new version, they are read anew.
CREATE TABLE IF NOT EXISTS readings (
    type    VARCHAR NOT NULL,
    version BIGINT  NOT NULL
);

-- The stretches that the archive is rolled up by, one after another: in each partition, the records before an offset.
CREATE TABLE IF NOT EXISTS stretches (
    number      INTEGER NOT NULL,
    topic       VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    before      BIGINT  NOT NULL
);

-- The stretch that grows: rows that are made now belong to it.
CREATE TABLE IF NOT EXISTS growing (
    number INTEGER NOT NULL
);
INSERT INTO growing SELECT 1 WHERE NOT EXISTS (FROM growing);

-- The definitions by which the rollups were made.
CREATE TABLE IF NOT EXISTS rolled_up (
    digest VARCHAR NOT NULL
);

-- The definition by which the rows of each relation were made.
CREATE TABLE IF NOT EXISTS kept (
    noun   VARCHAR NOT NULL PRIMARY KEY,
    digest VARCHAR NOT NULL
);
