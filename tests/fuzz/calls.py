"""Harnesses of what comes to the door: deliveries of those who call us, their proofs, and plain records."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from events.catalogue import CATALOGUE
from events.codec import Decoded, UnreadableError, decode, encode
from events.plain import read_all
from services.feeds.accepting import NoFactError, facts
from services.feeds.authenticity.aircall import AircallToken
from services.feeds.authenticity.bitrix24 import Bitrix24Token
from services.feeds.authenticity.delivery import Delivery, NotAuthenticError, Scheme
from services.feeds.authenticity.header import SecretHeader
from services.feeds.authenticity.mango import MangoSign
from services.feeds.authenticity.query import SecretQuery
from services.feeds.authenticity.twilio import TwilioSignature
from services.feeds.authenticity.vonage import VonageToken
from services.feeds.facts import UnreadableItemError
from services.feeds.registry import WEBHOOKS
from services.feeds.secrets import Secrets
from services.feeds.webhooks.adapter import Adapter, AdapterMemory
from services.feeds.webhooks.identifying import identified
from services.feeds.webhooks.seen import TICK, Taken, Ticked, decode_seen, seen_in, written
from tests.events.test_plain import agree
from tests.feeds.authenticity.delivered import HERE, WINDOW, delivery
from tests.feeds.webhooks.given import COMPANY, dump_memory, load_memory, micros
from tests.fuzz.files import WrongError, everybody_is_known, finished

SCHEMES: Sequence[Scheme] = (
    AircallToken(),
    Bitrix24Token(),
    MangoSign(),
    SecretHeader("x-api-key"),
    SecretQuery(),
    TwilioSignature(),
    VonageToken(),
)
_MANGO_PATHS = ("/events/call", "/events/summary")


def of_webhook(source: str) -> Callable[[bytes], None]:
    """The harness of what reads a delivery that was proven."""
    paths = _MANGO_PATHS if source == "mango" else ("",)

    def harness(data: bytes) -> None:
        if source == "mango" and data.startswith(b"{"):
            data = urlencode({"vpbx_api_key": "k", "sign": "s", "json": data}).encode()
        for path in paths:
            with suppress(UnreadableItemError):
                told = WEBHOOKS[source].read(delivery(data, f"{HERE}/{source}{path}"), COMPANY)
                for each in seen_in(told):
                    written(each)
                taken(finished(identified(told, everybody_is_known)))

    return harness


def taken(seen: Sequence[Taken]) -> None:
    """What was seen, from the door to the log: written, read and told. Raises UnreadableItemError."""
    raw = [TICK if isinstance(each, Ticked) else written(each) for each in seen]
    if [decode_seen(each) for each in raw] != list(seen):
        message = "what was seen is read as something else"
        raise WrongError(message)
    memory = AdapterMemory()
    for number, each in enumerate(seen):
        for fact in Adapter(COMPANY, memory).take(each, micros(3600 + number)):
            if decode(encode(fact)).event is None:
                message = f"nobody can read a {fact.type}"
                raise WrongError(message)
        memory = load_memory(dump_memory(memory))


def seen(data: bytes) -> None:
    """The harness of what reads the intake: what was seen, a line each."""
    for line in data.split(b"\n"):
        with suppress(UnreadableItemError):
            taken([decode_seen(line)])


def records(data: bytes) -> None:
    """The harness of what reads records many at once: each is read as the careful way reads it."""
    lines = data.split(b"\n")
    for line, read in zip(lines, read_all(lines), strict=True):
        if not agree(line, read):
            message = "a record was read in another way than it is carefully"
            raise WrongError(message)


def accepted(data: bytes) -> None:
    """The harness of what the generic door lets in: each item is for the log as it is, or is refused."""
    for told in facts(data.split(b"\n"), COMPANY):
        if isinstance(told, NoFactError):
            if not told.reason:
                message = "an item was refused without a reason"
                raise WrongError(message)
        elif decode(told.value).envelope.type not in CATALOGUE:
            message = "what the door let in is no event"
            raise WrongError(message)


def careful(data: bytes) -> None:
    """The harness of what reads one record: what is read once is read again from what it is written as."""
    try:
        decoded = decode(data)
    except UnreadableError:
        return
    again: Decoded = decode(encode(decoded.envelope))
    if again.event != decoded.event:
        message = "a record that was written again says something else"
        raise WrongError(message)


def request_of(data: bytes) -> Delivery:
    """A request: its address on a line, its headers a line each, an empty line, its body."""
    head, _, body = data.partition(b"\n\n")
    url, *lines = head.decode("utf-8", errors="surrogateescape").split("\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return replace(delivery(body, url), headers=headers)


def written_request(told: Delivery) -> bytes:
    """A request as `request_of` reads it."""
    lines = [told.url, *(f"{name}: {value}" for name, value in told.headers.items())]
    return "\n".join(lines).encode() + b"\n\n" + told.body


def proofs(data: bytes) -> None:
    """The harness of all schemes: none fails but by refusing, and nobody is believed whose secret nobody knows."""
    told = request_of(data)
    for scheme in SCHEMES:
        for secrets in ((), ("",), ("a secret that nobody knows:as little as its salt",)):
            with suppress(NotAuthenticError):
                scheme.check(told, secrets, WINDOW)
                message = f"{type(scheme).__name__} believed somebody"
                raise WrongError(message)
        with suppress(NotAuthenticError):
            scheme.check(told, ("new:salt", "b2xk"), WINDOW)


def secrets(data: bytes) -> None:
    """The harness of what reads a file of secrets: each is one line of it, and none is empty."""
    with TemporaryDirectory(prefix="kvota-fuzz-") as folder:
        file = Path(folder) / "source"
        file.touch(mode=0o600)
        file.write_bytes(data)
        found = Secrets(Path(folder)).of("source")
    if not all(secret.strip() == secret != "" and secret.encode() in data for secret in found):
        message = "a secret that is not in the file"
        raise WrongError(message)
