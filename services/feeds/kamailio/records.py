"""What Kamailio writes of a call, one JSON object each: read strictly, without quoting any of it.

Three kinds: a transaction (`acc_json`), a call detail record (`acc_json` with `cdr_enable`), and what the dialog module
saw, as the configuration writes it. They are told apart by their fields; fields that are not known are passed over.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import msgspec

from services.feeds.facts import SECOND, Micros, UnreadableItemError
from services.feeds.fields import moment, number, text

CONNECTED = b'{"event":"kvota:connected"}'
"""What stands before the records of each connection, written by whoever listens."""
_LONGEST: Micros = 7 * 24 * 3600 * SECOND
"""No call lasts longer: where it seems so, a clock was wrong."""
_MAY_BE_A_NUMBER = re.compile(r"[0-9]{7}")
_CALL_ID_LENGTH = 200
_DIALOG: dict[str, Literal["start", "end", "failed"]] = {
    "dialog:start": "start",
    "dialog:end": "end",
    "dialog:failed": "failed",
}


class _Fields(msgspec.Struct, frozen=True):
    """The fields that are read, of all kinds together."""

    event: str | None = None
    callid: str | None = None
    call_id: str | None = None
    method: str | None = None
    sip_code: str | int | None = None
    time: str | int | None = None
    src_user: str | None = None
    dst_user: str | None = None
    start_time: str | None = None
    end_time: str | None = None
    ts: str | int | None = None
    start_ts: str | int | None = None
    src: str | None = None
    dst: str | None = None


_JSON = msgspec.json.Decoder(_Fields)


@dataclass(frozen=True, slots=True)
class Parties:
    """The user parts of the two addresses: they may be phone numbers, and go no further than the reader's memory."""

    caller: str
    called: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A request was answered with a final code, at an epoch second."""

    call: str
    at: Micros
    method: str
    code: int
    parties: Parties


@dataclass(frozen=True, slots=True)
class Cdr:
    """A call is over: from when to when, to the millisecond. One that nobody answered ends where it began."""

    call: str
    began: Micros
    ended: Micros
    parties: Parties


@dataclass(frozen=True, slots=True)
class Dialog:
    """A call was answered, ended, or came to nothing, at an epoch second."""

    call: str
    kind: Literal["start", "end", "failed"]
    at: Micros
    answered: Micros | None
    """When it was answered; only at its end."""
    parties: Parties


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection begins here."""


Record = Transaction | Cdr | Dialog | Connected


def parse(item: bytes) -> Record | None:
    """Read an object; None for an event of another kind. Raises UnreadableItemError for anything else."""
    try:
        fields = _JSON.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        message = "it is no JSON object with the fields of Kamailio"
        raise UnreadableItemError(message) from None
    if fields.event is not None:
        return _event(fields)
    if fields.start_time is not None or fields.end_time is not None:
        return _cdr(fields)
    if fields.method is not None or fields.sip_code is not None:
        return _transaction(fields)
    message = "it is neither a transaction nor a call nor an event"
    raise UnreadableItemError(message)


def _event(fields: _Fields) -> Dialog | Connected | None:
    if fields.event == "kvota:connected":
        return Connected()
    kind = _DIALOG.get(fields.event or "")
    if kind is None:
        return None
    known = kind == "end" and fields.start_ts not in {None, 0, "0"}
    began = moment(_bytes(fields.start_ts), "start_ts") if known else None
    parties = Parties(fields.src or "", fields.dst or "")
    return Dialog(_call(fields), kind, moment(_bytes(fields.ts), "ts"), began, parties)


def _cdr(fields: _Fields) -> Cdr:
    began, ended = moment(_bytes(fields.start_time), "start_time"), moment(_bytes(fields.end_time), "end_time")
    if not 0 <= ended - began <= _LONGEST:
        message = "end_time is before start_time" if ended < began else "the call lasted longer than any can"
        raise UnreadableItemError(message)
    return Cdr(_call(fields), began, ended, Parties(fields.src_user or "", fields.dst_user or ""))


def _transaction(fields: _Fields) -> Transaction:
    return Transaction(
        _call(fields),
        moment(_bytes(fields.time), "time"),
        text(_bytes(fields.method), "method"),
        number(_bytes(fields.sip_code), "sip_code"),
        Parties(fields.src_user or "", fields.dst_user or ""),
    )


def _call(fields: _Fields) -> str:
    """Give the Call-ID; a digest in its place where it holds what may be somebody's number, or is none that SIP has."""
    identity = fields.callid or fields.call_id
    if not identity:
        message = "the Call-ID is missing: a CDR has it in cdr_extra, as call_id"
        raise UnreadableItemError(message)
    if len(identity) > _CALL_ID_LENGTH or not identity.isprintable() or _MAY_BE_A_NUMBER.search(identity):
        return sha256(identity.encode()).hexdigest()
    return identity


def _bytes(value: str | int | None) -> bytes | None:
    return None if value is None else str(value).encode()
