"""A notification, written by our template: every value may be a text, and an empty one says nothing. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from events.calls import Direction, Outcome
from services.feeds.authenticity.delivery import Delivery
from services.feeds.facts import SECOND, Company, Micros, UnreadableItemError
from services.feeds.webhooks.reading import epoch, iso, needed, number, read_json
from services.feeds.webhooks.seen import Answered, Ended, Offered, Outside, Seen, Told

SOURCE = "/uis"
_DIRECTIONS: Mapping[str, Direction] = {"in": "inbound", "out": "outbound"}


_DECODER = msgspec.json.Decoder(dict[str, str | int | None])


def read(delivery: Delivery, company: Company) -> Sequence[Told]:
    """Say what was seen; raises UnreadableItemError. A time without a zone is the company's own."""
    told = {name: str(value) for name, value in read_json(delivery.body, _DECODER).items() if value is not None}
    seen = _seen(told, company)
    return [*seen, Outside(SOURCE, told["session"], told.get("contact"))] if seen else ()


def _seen(told: Mapping[str, str], company: Company) -> Sequence[Seen]:
    at, call = _moment(needed(told, "time"), company), needed(told, "session")
    queue, agent = told.get("scenario") or None, told.get("employee") or None
    match needed(told, "kind"):
        case "waiting":
            return [Offered(source=SOURCE, at=at, call=call, queue=queue)] if queue is not None else ()
        case "started":
            if agent is None or _direction(told) != "inbound":
                return ()
            return [Answered(source=SOURCE, at=at, call=call, agent=agent, queue=queue)]
        case "lost" | "finished":
            return [_ended(told, at)]
        case _:
            message = "kind is none of waiting, started, lost and finished"
            raise UnreadableItemError(message)


def _ended(told: Mapping[str, str], at: Micros) -> Ended:
    direction = _direction(told)
    talked, lasted, waited = (_seconds(told, what) for what in ("talk", "total", "wait"))
    no_answer: Outcome = "abandoned" if direction == "inbound" else "no_answer"
    return Ended(
        source=SOURCE,
        at=at,
        call=told["session"],
        direction=direction,
        outcome="answered" if talked else no_answer,
        queue=(told.get("scenario") or None) if direction == "inbound" else None,
        agent=(told.get("employee") or None) if talked or direction == "outbound" else None,
        began=None if lasted is None else at - lasted * SECOND,
        answered=at - talked * SECOND if talked else None,
        wait=waited,
        talk=talked or 0,
    )


def _seconds(told: Mapping[str, str], what: str) -> int | None:
    name = f"{what}_seconds"
    return number(told[name], name) if told.get(name) else None


def _direction(told: Mapping[str, str]) -> Direction:
    direction = _DIRECTIONS.get(told.get("direction", "in"))
    if direction is None:
        message = "direction is neither in nor out"
        raise UnreadableItemError(message)
    return direction


def _moment(text: str, company: Company) -> Micros:
    """A time with a zone, or without one in the company's."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None:
        return epoch(moment.replace(tzinfo=company.zone).timestamp(), "time")
    return iso(text, "time")
