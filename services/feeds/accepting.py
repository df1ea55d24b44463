"""What a source may tell: facts that every reader of the log can read. Pure."""

import re
from collections.abc import Sequence

from events.catalogue import CATALOGUE, NOUNS
from events.codec import Decoded, UnreadableError, decode
from events.envelope import Envelope
from events.plain import PlainRecord, Read, read_all
from services.feeds.appender import Record, key_of, record_of, topic_for
from services.feeds.facts import Company
from services.feeds.renaming import by_our_names
from services.runtime.shards import FACT_TOPICS

LONGEST = 500_000
"""The longest item, in bytes: what is longer than a batch, no broker takes."""
_ATTRIBUTES = frozenset(Envelope.__struct_fields__)
_OF_DECISIONS = ("stream", "streamversion", "expects")
_TOPICS = {name: topic for name in CATALOGUE if (topic := topic_for(name)) in FACT_TOPICS}
"""Where the facts that a source may tell go, by their type."""
_NAMED = re.compile(r"field `(\w+)`|`\$\.(\w+)`")
_WORD = re.compile(r"\w+")


class NoFactError(ValueError):
    """It is no fact that a source may tell; the text says why, without quoting the content."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field that is at fault, or none."""
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field, self.reason = field, reason


def fact(item: bytes) -> Envelope:
    """Read an item as every reader of the log will; raises NoFactError."""
    if len(item) > LONGEST:
        raise _too_long()
    try:
        decoded = decode(item)
    except UnreadableError as error:
        raise _unreadable(error) from None
    if wrong := _wrong(decoded):
        raise NoFactError(*wrong)
    return decoded.envelope


def facts(items: Sequence[bytes], company: Company) -> list[Record | NoFactError]:
    """Read many items as `fact` does, for the log: what becomes of each, by the names of the company."""
    return [_accepted(item.strip(), read, company) for item, read in zip(items, read_all(items), strict=True)]


def _accepted(item: bytes, read: Read, company: Company) -> Record | NoFactError:
    if len(item) > LONGEST:
        return _too_long()
    match read:
        case PlainRecord():
            kind, key = read.shape.event.name, key_of(read.record.subject)
            topic = _TOPICS.get(kind)
            if not (topic and key):
                return NoFactError(*_wrong_place(kind))
            known = company.directory.has(read.record.source)
            return Record(topic, key, by_our_names(decode(item), company) if known else item)
        case Decoded():
            if wrong := _wrong(read):
                return NoFactError(*wrong)
            known = company.directory.has(read.envelope.source)
            return record_of(read.envelope, by_our_names(read, company) if known else item)
        case UnreadableError():
            return _unreadable(read)


def _too_long() -> NoFactError:
    return NoFactError("", f"it has more than {LONGEST} bytes")


def _unreadable(error: UnreadableError) -> NoFactError:
    return NoFactError(_field(str(error)), str(error))


def _wrong(decoded: Decoded) -> tuple[str, str] | None:
    """Which field of a readable record is none of a fact's, and why; None where it is a fact."""
    envelope = decoded.envelope
    if envelope.type not in _TOPICS:
        return _wrong_place(envelope.type)
    if decoded.event is None:
        known = CATALOGUE[envelope.type]
        return "dataschema", f"this version of {known.name} is not known here: it is {known.version}"
    for name in _OF_DECISIONS:
        if getattr(envelope, name) is not None:
            return name, "only decisions have it, and this is a fact"
    return None if key_of(envelope.subject) else _wrong_place(envelope.type)


def _wrong_place(kind: str) -> tuple[str, str]:
    """Why there is no place in the log for a record of this type."""
    if kind not in CATALOGUE:
        return "type", "there is no event of this type"
    if kind not in _TOPICS:
        return "type", f"{kind} is no fact that a source may tell: {_allowed()}"
    return "subject", "say what it is about as <kind>/<id>, such as call/pbx1-1795533132.0"


def _allowed() -> str:
    return "facts are those of " + ", ".join(noun.name for noun in NOUNS.values() if noun.topic in FACT_TOPICS)


def _field(reason: str) -> str:
    """Find the name of the field in what the codec says."""
    if named := _NAMED.search(reason):
        return named[1] or named[2]
    kind, _, rest = reason.partition(": ")
    if kind in CATALOGUE:
        field, colon, _ = rest.partition(": ")
        return f"data.{field}" if colon and field != "data" else "data"
    word = _WORD.match(reason)
    return word[0] if word is not None and word[0] in _ATTRIBUTES else ""
