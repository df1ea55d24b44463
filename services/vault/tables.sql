-- What the vault keeps of people, in SQLite and PostgreSQL alike. Nothing of it says anything without the master key.

-- A person is a random id. All that is known of them is sealed under their own key: without that row it is noise.
CREATE TABLE IF NOT EXISTS person_keys (
    person  TEXT    NOT NULL PRIMARY KEY,
    kind    TEXT    NOT NULL,             -- as what they were met first: rep, candidate, customer, lead or caller
    wrapped BYTEA   NOT NULL,             -- their key, under a master key
    master  INTEGER NOT NULL              -- the version of that master key
);

CREATE TABLE IF NOT EXISTS details (
    person TEXT  NOT NULL,
    field  TEXT  NOT NULL,                -- name, number or email
    sealed BYTEA NOT NULL,                -- under the person's key
    PRIMARY KEY (person, field)
);

-- Whose number or address it is: the first who told it decides.
CREATE TABLE IF NOT EXISTS lookups (
    token  TEXT NOT NULL PRIMARY KEY,     -- HMAC-SHA-256 under the look-up key
    person TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS lookups_of_person ON lookups (person);

-- Who was meant by which lead, call or command, so that a repeat means the same person, an erased one too.
CREATE TABLE IF NOT EXISTS mentions (
    ref    TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL,
    day    TEXT NOT NULL                  -- when it was first told: it is forgotten after the window
);
CREATE INDEX IF NOT EXISTS mentions_by_day ON mentions (day);

-- Who was erased: an id that was random and says nothing now.
CREATE TABLE IF NOT EXISTS tombstones (
    person    TEXT NOT NULL PRIMARY KEY,
    erased_at TEXT NOT NULL
);

-- What is parked is sealed under the public key of its month; with the private one it can be read, until it is deleted.
CREATE TABLE IF NOT EXISTS months (
    month   TEXT    NOT NULL PRIMARY KEY, -- such as 2026-11; 2026-11/2: another key, of a backup, that seals no more
    public  BYTEA   NOT NULL,
    wrapped BYTEA   NOT NULL,
    master  INTEGER NOT NULL
);

-- The look-up key.
CREATE TABLE IF NOT EXISTS secrets (
    name    TEXT    NOT NULL PRIMARY KEY,
    wrapped BYTEA   NOT NULL,
    master  INTEGER NOT NULL
);
