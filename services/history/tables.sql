-- What the archive keeps: every record as the log holds it, with what the law says of it; and how far each partition was read.
CREATE TABLE IF NOT EXISTS records (
    topic         VARCHAR   NOT NULL,
    "partition"   INTEGER   NOT NULL,
    "offset"      BIGINT    NOT NULL,
    appended_at   TIMESTAMP NOT NULL,  -- the broker's word, in UTC
    raw           BLOB,                -- the value as stored; NULL where the record has none
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

-- The catalogue by which the records were read: when an event gets a new version, they are read anew.
CREATE TABLE IF NOT EXISTS readings (
    type    VARCHAR NOT NULL,
    version BIGINT  NOT NULL
);

-- The definition by which the rows of each relation were made.
CREATE TABLE IF NOT EXISTS kept (
    noun   VARCHAR NOT NULL PRIMARY KEY,
    digest VARCHAR NOT NULL
);
