"""A delivery of Twilio: a form, of a call where it has a CallStatus, of TaskRouter where it has an EventType. Pure."""

from collections.abc import Mapping, Sequence

from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import Company, UnreadableItemError
from services.feeds.twilio import taskrouter, voice
from services.feeds.webhooks.reading import needed, read_form
from services.feeds.webhooks.seen import Told


def read(delivery: Delivery, _company: Company) -> Sequence[Told]:
    """Say what was seen. Raises UnreadableItemError."""
    form: Mapping[str, str] = read_form(delivery.body)
    source = f"/twilio/{needed(form, 'AccountSid')}"
    if "CallStatus" in form:
        return voice.read(form, source)
    if "EventType" in form:
        return taskrouter.read(form, source)
    message = "it has neither CallStatus nor EventType"
    raise UnreadableItemError(message)
