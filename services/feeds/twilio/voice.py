"""Voice status callbacks: the progress of one call, or of a leg that was dialled from it. Pure."""

from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime

from events.calls import Outcome
from services.feeds.facts import SECOND, Micros, UnreadableItemError
from services.feeds.webhooks.reading import epoch, needed, number
from services.feeds.webhooks.seen import Answered, Ended, Outside, Told

_OUTCOMES: Mapping[str, Outcome] = {
    "completed": "answered",
    "busy": "busy",
    "failed": "failed",
    "no-answer": "no_answer",
    "canceled": "no_answer",
}
_CLIENT = "client:"


def read(form: Mapping[str, str], source: str) -> Sequence[Told]:
    """Say what was seen of a call."""
    call, status = needed(form, "CallSid"), form["CallStatus"]
    at, order = _moment(needed(form, "Timestamp")), number(form.get("SequenceNumber", "0"), "SequenceNumber")
    parent, agent = form.get("ParentCallSid") or None, _agent(form)
    if parent is not None:
        if status == "in-progress" and agent is not None:
            return [Answered(source=source, at=at, order=order, call=parent, agent=agent)]
        return ()
    outcome = _OUTCOMES.get(status)
    if outcome is None:
        return ()
    if form.get("Direction") == "inbound":
        ended = Ended(source=source, at=at, order=order, call=call, direction="inbound")
        return [ended, Outside(source, call, form.get("From"))]
    return [_dialled(form, source, at, order, outcome), Outside(source, call, form.get("To"))]


def _dialled(form: Mapping[str, str], source: str, at: Micros, order: int, outcome: Outcome) -> Ended:
    """The end of a call that was dialled through the API."""
    talked = number(form["CallDuration"], "CallDuration") if "CallDuration" in form else 0
    return Ended(
        source=source,
        at=at,
        order=order,
        call=form["CallSid"],
        direction="outbound",
        outcome=outcome,
        answered=at - talked * SECOND if outcome == "answered" else None,
        talk=talked,
    )


def _agent(form: Mapping[str, str]) -> str | None:
    """Who a leg was dialled on to; None for a number."""
    to = form.get("To", "")
    return to.removeprefix(_CLIENT) if to.startswith(_CLIENT) and len(to) > len(_CLIENT) else None


def _moment(text: str) -> Micros:
    """An RFC 2822 time, which has a zone."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.tzinfo is None:
        message = "Timestamp is no moment of RFC 2822"
        raise UnreadableItemError(message)
    return epoch(moment.timestamp(), "Timestamp")
