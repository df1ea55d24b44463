"""What is sent to the door: events of which no two have an id in common, and no two calls a key."""

from collections.abc import Iterator
from functools import cache
from itertools import count, islice
from uuid import uuid4

from events.codec import encode
from services.feeds.appender import key_of
from services.feeds.asterisk.ami import AmiReader
from services.feeds.company import read_company
from services.feeds.facts import Teller
from services.feeds.reading import Reading
from tests.captures.asterisk import AMI
from tests.events.examples import EXAMPLES

_FULL = EXAMPLES["call.ended"].envelope


def full(number: int) -> list[bytes]:
    """So many ended calls with every field that has a meaning: the longest that a feed tells."""
    whole, identity, call = encode(_FULL), str(_FULL.id).encode(), key_of(_FULL.subject)
    return [whole.replace(identity, _identity()).replace(call, b"pbx1-%d" % each) for each in range(number)]


def heard(number: int) -> list[bytes]:
    """So many events as the captured Asterisk tells them, call after call; then the same of other calls."""
    return list(islice(_over_and_over(), number))


def _over_and_over() -> Iterator[bytes]:
    for again in count():
        for identity, whole in _captured():
            yield whole.replace(identity, _identity()).replace(b"pbx1-", b"pbx1-%d-" % again)


@cache
def _captured() -> list[tuple[bytes, bytes]]:
    """The events of the capture, each with its id."""
    reading = Reading(AmiReader(Teller("/asterisk/pbx1", read_company("Europe/Moscow"))), "ami")
    return [(str(fact.id).encode(), encode(fact)) for fact in reading.read([AMI.read_bytes()])]


def _identity() -> bytes:
    return str(uuid4()).encode()
