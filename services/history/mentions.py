"""Where an id stands in the archive: for whoever has to say which records are about somebody."""

import msgspec

from services.history.archive import Archive

_MENTIONS = """
SELECT topic, count(*)
FROM (SELECT topic, coalesce(json, decode(raw)) AS said FROM records WHERE verdict <> 'unreadable')
WHERE contains(said, '"' || $id || '"') OR contains(said, '/' || $id || '"')
GROUP BY topic ORDER BY topic
"""


def mentions(archive: Archive, identity: str) -> dict[str, int]:
    """How many archived records of each topic hold an id, as a value or as the end of a subject."""
    with archive.cursor() as con:
        return dict(con.execute(_MENTIONS, {"id": identity}).fetchall())


def read_mentions(line: bytes) -> dict[str, int]:
    """Read what the door says of mentions."""
    return msgspec.json.decode(line, type=dict[str, int])
