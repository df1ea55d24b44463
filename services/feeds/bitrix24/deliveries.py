"""An event of the portal: a form with `event`, `ts` and `data[…]`. Pure."""

from collections.abc import Mapping, Sequence

from events.calls import Direction, Outcome
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import SECOND, Company, Micros
from services.feeds.webhooks.reading import epoch, iso, needed, number, read_form
from services.feeds.webhooks.seen import Answered, Dialled, Ended, Outside, Told

SOURCE = "/bitrix24"
_OUTBOUND = frozenset({"1", "4"})
"""The types of calls that the company dials: outgoing, and calling back."""
_TALKED = "200"
_NUMBER = "PHONE_NUMBER"
_FAILED = ("402", "403", "404", "423", "484", "503")
"""There is no money, no leave, no such number, no way: the call did not come about (Bitrix24's table of codes)."""
_OUTCOMES: Mapping[str, Outcome] = {"486": "busy", "603": "busy", **dict.fromkeys(_FAILED, "failed")}


def read(delivery: Delivery, _company: Company) -> Sequence[Told]:
    """Say what was seen; other events say nothing that Kvota counts. Raises UnreadableItemError."""
    form = read_form(delivery.body)
    kind, at = needed(form, "event").upper(), epoch(number(needed(form, "ts"), "ts"), "ts")
    data = {name.removeprefix("data[").removesuffix("]"): text for name, text in form.items() if name[:5] == "data["}
    if kind == "ONVOXIMPLANTCALLSTART":
        agent = needed(data, "USER_ID")
        call = needed(data, "CALL_ID")
        return [Answered(source=SOURCE, at=at, call=call, agent=agent), Outside(SOURCE, call, data.get(_NUMBER))]
    if kind == "ONEXTERNALCALLSTART":
        call, agent = needed(data, "CALL_ID"), needed(data, "USER_ID")
        return [Dialled(source=SOURCE, at=at, call=call, agent=agent), Outside(SOURCE, call, data.get(_NUMBER))]
    if kind == "ONVOXIMPLANTCALLEND":
        return [_ended(data, at), Outside(SOURCE, data["CALL_ID"], data.get(_NUMBER))]
    return ()


def _ended(data: Mapping[str, str], at: Micros) -> Ended:
    direction: Direction = "outbound" if needed(data, "CALL_TYPE") in _OUTBOUND else "inbound"
    talked = number(data.get("CALL_DURATION") or "0", "CALL_DURATION")
    answered = data.get("CALL_FAILED_CODE", _TALKED) == _TALKED
    ours = data.get("PORTAL_USER_ID") or None
    return Ended(
        source=SOURCE,
        at=at,
        call=needed(data, "CALL_ID"),
        direction=direction,
        outcome=_outcome(data, direction, answered=answered),
        agent=ours if answered or direction == "outbound" else None,
        began=iso(data["CALL_START_DATE"], "CALL_START_DATE") if data.get("CALL_START_DATE") else None,
        answered=at - talked * SECOND if answered else None,
        talk=talked if answered else 0,
    )


def _outcome(data: Mapping[str, str], direction: Direction, *, answered: bool) -> Outcome:
    if answered:
        return "answered"
    if direction == "inbound":
        return "abandoned"
    return _OUTCOMES.get(data.get("CALL_FAILED_CODE", ""), "no_answer")
