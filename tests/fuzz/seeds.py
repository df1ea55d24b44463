"""What each harness begins with: pieces of the captures, and what the tests of each parser give it."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial

from events.codec import encode
from services.feeds.facts import UnreadableItemError
from services.feeds.registry import WEBHOOKS
from services.feeds.webhooks.seen import seen_in, written
from tests.events.examples import EXAMPLES
from tests.feeds import samples, test_asterisk_damage
from tests.feeds.authenticity import test_schemes
from tests.feeds.authenticity.delivered import HERE, by_twilio, delivery
from tests.feeds.freeswitch import test_damage as of_freeswitch
from tests.feeds.freeswitch.test_scenario import MORNING, stream
from tests.feeds.kamailio.given import acc_then_dialog, evapi, topic
from tests.feeds.three_cx import test_damage as of_three_cx
from tests.feeds.webhooks.given import COMPANY
from tests.feeds.webhooks.test_any_delivery import SAMPLES, body_of
from tests.fuzz.calls import written_request

LENGTH = 1_500
"""The longest piece that a fuzzer is given, and makes: with more of them a second, more is found."""
LONGER: Mapping[str, int] = {"ami": 6_000, "freeswitch": 6_000, "files_freeswitch": 6_000}
"""Where less would be no call."""
_PIECES = 40
_LINKED = re.compile(rb"\r\n(?:Linkedid|Uniqueid): (pbx1-[0-9.]+)")
_READ = {field.partition(":")[0].encode() for field in test_asterisk_damage.FIELDS} | {b"Event", b"SystemName"}
"""The headers that the tests of AMI say it is read by."""
_NAMES = re.compile(rb"[A-Za-z][A-Za-z_.-]{3,30}")


def pieces(capture: bytes, separator: bytes, length: int = LENGTH) -> list[bytes]:
    """Stretches of whole items, as long as a fuzzer takes them, from all over a capture."""
    found, piece = list[bytes](), b""
    for item in capture.split(separator):
        if piece and len(piece) + len(item) > length:
            found.append(piece)
            piece = b""
        piece += item + separator
    found.append(piece)
    return found[:: max(1, len(found) // _PIECES)]


def ami() -> list[bytes]:
    """What the AMI capture has of each call that a reader looks at."""
    calls, wanted = defaultdict[bytes, bytes](bytes), {f"Event: {kind}".encode() for kind in test_asterisk_damage.KINDS}
    for item in samples.ami_capture().split(b"\r\n\r\n"):
        if item.partition(b"\r\n")[0] in wanted and (linked := _LINKED.search(item)):
            kept = [line for line in item.split(b"\r\n") if line.partition(b":")[0] in _READ]
            calls[linked[1]] += b"\r\n".join([*kept, b"", b""])
    whole = sorted(calls.values(), key=len)
    return [*whole[:: max(1, len(whole) // _PIECES)], samples.ami_capture()[:LENGTH]]


def of_webhook(source: str) -> list[bytes]:
    """What the tests say that a source delivers; of MANGO OFFICE as the JSON that its form holds."""
    if source == "mango":
        return [json.dumps(sample).encode() for sample in SAMPLES[source]]
    return [body_of(source, sample) for sample in SAMPLES[source]]


def deliveries_of(source: str) -> list[bytes]:
    """The same, kept in a file."""
    return pieces(b"".join(body_of(source, sample) + b"\n" for sample in SAMPLES[source]), b"\n")


def seen() -> list[bytes]:
    """What follows from the deliveries, as the intake holds it."""
    found = list[bytes]()
    for source in WEBHOOKS:
        for path in ("", "/events/call", "/events/summary"):
            for sample in SAMPLES[source]:
                try:
                    told = WEBHOOKS[source].read(delivery(body_of(source, sample), f"{HERE}/{source}{path}"), COMPANY)
                except UnreadableItemError:
                    continue
                found += map(written, seen_in(told))
    return found


def records() -> list[bytes]:
    """A record of every type."""
    return [encode(example.envelope) for example in EXAMPLES.values()]


def requests() -> list[bytes]:
    """Requests that are signed as each scheme wants it."""
    signed = [signed("new:salt") for _, signed in test_schemes.SCHEMES]
    signed.append(by_twilio("b2xk", [("a", "b")], hashed="sha256"))
    return [written_request(each) for each in signed]


_FILES: Mapping[str, Callable[[], list[bytes]]] = {
    "queue_log": lambda: pieces(samples.log_capture(), b"\n"),
    "ami": ami,
    "cel": lambda: pieces(samples.cel_capture(), b"\n"),
    "cdr_csv": lambda: pieces(samples.cdr_capture(), b"\n"),
    "cdr_json": lambda: pieces(samples.cdr_json_capture(), b"\n"),
    "kamailio": lambda: [piece for data in (evapi(), acc_then_dialog(), topic()) for piece in pieces(data, b"\n")],
    "freeswitch": lambda: [
        *pieces(stream(), b"\n\n", LONGER["freeswitch"]),
        *pieces(b"".join(MORNING), b"\n\n"),
        of_freeswitch.BODIES,
    ],
    "3cx": lambda: pieces(of_three_cx.WHOLE, b"\n"),
    **{f"deliveries_{source}": partial(deliveries_of, source) for source in WEBHOOKS},
}
_ASTERISK = ("queue_log", "ami", "cel", "cdr_csv", "cdr_json")
_OTHERS: Mapping[str, Callable[[], list[bytes]]] = {
    "files_3cx": _FILES["3cx"],
    "files_asterisk": lambda: [seed for name in _ASTERISK for seed in _FILES[name]()[:6]],
    "files_freeswitch": _FILES["freeswitch"],
    "files_kamailio": _FILES["kamailio"],
    "seen": seen,
    "records": records,
    "record": records,
    "door": records,
    "proofs": requests,
    "secrets": lambda: [b"new\nold\n", b" key:salt \r\n\r\nwhsec_b2xk", "ключ\n".encode()],
}
SEEDS: Mapping[str, Callable[[], list[bytes]]] = {
    **_FILES,
    **_OTHERS,
    **{f"webhook_{source}": partial(of_webhook, source) for source in WEBHOOKS},
}
"""By the name of the harness."""
_TOLD: Mapping[str, Iterable[str]] = {
    "queue_log": test_asterisk_damage.COLUMNS,
    "ami": [*test_asterisk_damage.KINDS, *test_asterisk_damage.FIELDS],
    "freeswitch": [*of_freeswitch.KINDS, *of_freeswitch.ACTIONS, *of_freeswitch.HEADERS],
}


@cache
def seeds(name: str) -> Sequence[bytes]:
    """What a harness begins with: distinct, and none longer than it is to be."""
    return sorted({seed[: longest(name)] for seed in SEEDS[name]()})


def longest(name: str) -> int:
    """How many bytes a harness is given at most."""
    return LONGER.get(name, LENGTH)


@cache
def tokens(name: str) -> Sequence[bytes]:
    """Words that a parser may know: those of its tests, and those of its seeds."""
    words = {word for seed in seeds(name) for word in _NAMES.findall(seed)}
    return sorted({*(token.encode() for token in _TOLD.get(name, ())), *sorted(words)[:400], *_AWKWARD})


_AWKWARD = (
    *(
        b"",
        b"\\ud800",
        b"\\u0000",
        b"\x00",
        b"\xff",
        b"\xe2\x80\xa8",
        b"\xd9\xa3",
        b"\xc2\xb2",
        b"\r",
        b"\r\n",
        b"\n\n",
    ),
    *(b"-1", b"0", b"1e999", b"NaN", b"4294967295", b"99999999999999999999", b"null", b"[]", b"{}", b'"', b"%FF", b"%"),
    *(b"1969-12-31T23:59:59Z", b"9999-12-31T23:59:59.999999Z", b"0001-01-01T00:00:00+14:00", b"2026-02-30"),
)
