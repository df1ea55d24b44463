"""Whose certification came to its end, and was not renewed before. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date

from events.training import CertificationExpired
from services.watch.noticing import Moment, Notice, Row, Rule, Said, stream_of


def notices(rows: Sequence[Row], moment: Moment, said: Said) -> Iterator[Notice]:
    """Each expiry, once for each rep, programme and day."""
    for row in rows:
        if row["state"] == "expired":
            event = CertificationExpired(
                occurred_at=moment.at,
                day=moment.day,
                rep=row["rep"],
                programme=row["programme"],
                programme_version=row["programme_version"],
                expires_on=date.fromisoformat(row["expires_on"]),
            )
            yield from said.once(stream_of("certification", event.rep, event.programme, event.expires_on), event)


RULE = Rule("certifications", lambda day: {"as_of": day.isoformat()}, notices)
