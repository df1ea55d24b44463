"""Event Streams: the same callbacks as CloudEvents, in batches of JSON. Pure.

An event of voice has the form that the status callback sends, among its `parameters`; one of TaskRouter has the fields
of the event callback in snake case. So what both ways tell is read by the same code, and is the same fact.
"""

from collections.abc import Mapping, Sequence

import msgspec

from services.feeds.facts import Micros, UnreadableItemError
from services.feeds.twilio import taskrouter, voice
from services.feeds.webhooks.reading import epoch, iso, needed, number, read_each, read_json
from services.feeds.webhooks.seen import Told

_VOICE = ("com.twilio.voice.status-callback.call.", "com.twilio.voice.webhook.status-callback.call.")
"""The second is how it was called until 2024."""
_TASKROUTER = "com.twilio.taskrouter."
_MS = 1000
_MS_LENGTH = 13
"""How many digits an epoch time in milliseconds has, from 2001 to 2286."""


class _Event(msgspec.Struct):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


class _Request(msgspec.Struct):
    parameters: dict[str, msgspec.Raw]


class _Voice(msgspec.Struct):
    request: _Request


class _TaskRouter(msgspec.Struct):
    account_sid: str
    payload: dict[str, msgspec.Raw]
    timestamp: str = ""


_EVENTS = msgspec.json.Decoder(list[_Event] | _Event)
_VOICE_DATA, _TASKROUTER_DATA = msgspec.json.Decoder(_Voice), msgspec.json.Decoder(_TaskRouter)
_TEXT = msgspec.json.Decoder(str)


def is_stream(body: bytes) -> bool:
    """Whether a body is JSON, which no form is."""
    return body.lstrip()[:1] in {b"[", b"{"}


def told_by(body: bytes) -> Sequence[Told]:
    """Say what an array of events tells, or one, or some a line; raises UnreadableItemError."""
    return read_each(body, _items)


def _items(item: bytes) -> Sequence[Told]:
    events = read_json(item, _EVENTS)
    return [told for event in (events if isinstance(events, list) else [events]) for told in _event(event)]


def _event(event: _Event) -> Sequence[Told]:
    if event.type.startswith(_VOICE):
        form = _form(read_json(bytes(event.data), _VOICE_DATA).request.parameters)
        needed(form, "CallStatus")
        return voice.read(form, f"/twilio/{needed(form, 'AccountSid')}")
    if event.type.startswith(_TASKROUTER):
        data = read_json(bytes(event.data), _TASKROUTER_DATA)
        form = {_camel(name): text for name, text in _form(data.payload).items()}
        form |= {"EventType": event.type.removeprefix(_TASKROUTER), "AccountSid": data.account_sid}
        at = _moment(form.get("Timestamp") or data.timestamp)
        return taskrouter.read(form, f"/twilio/{needed(form, 'AccountSid')}", at)
    return ()


def _form(told: Mapping[str, msgspec.Raw]) -> dict[str, str]:
    """The fields as a form has them: what is no text is the JSON of it, and what is null is not there."""
    return {name: _text(bytes(value)) for name, value in told.items() if bytes(value) != b"null"}


def _text(value: bytes) -> str:
    if value[:1] == b'"':
        return read_json(value, _TEXT)
    try:
        return value.decode()
    except UnicodeDecodeError:
        message = "it is not UTF-8"
        raise UnreadableItemError(message) from None


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _moment(written: str) -> Micros:
    """A moment of ISO 8601, or in epoch seconds or milliseconds."""
    if not written.isdigit():
        return iso(written, "timestamp")
    if len(written) == _MS_LENGTH:
        return epoch(number(written[:-3], "timestamp"), "timestamp") + number(written[-3:], "timestamp") * _MS
    return epoch(number(written, "timestamp"), "timestamp")
