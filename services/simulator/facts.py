"""What reaches the feeds' CloudEvents door: what the phone system does not tell, and what it tells told again and late.

A copy of a call's event is the event that whoever reads the phone system makes of it, with the same id: it counts once,
whichever comes first. That is so because an id says what it is about (`events.ids.fact_id`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from events.agents import QueueMeasured, ShiftPlanned
from events.calls import CallAnswered, CallDispositioned, CallEnded, CallOffered
from events.catalogue import entry_of
from events.codec import event_data, event_schema
from events.envelope import Envelope
from events.event import Event
from events.ids import fact_id
from services.simulator.day import Day
from services.simulator.plan import MINUTE, SECOND, Micros, between, instant, second
from services.simulator.records import Stay

_CRM, _ROTA = "/crm/simulated", "/rota/simulated"
"""Who says what a call came to, and who plans the shifts."""
_COPIED = 0.15
_TWICE = 0.10
_LATE = 0.10
_LATEST_S = 25 * 60
_COLLECTS: Micros = 30 * SECOND
"""So often the sources hand in what they have."""
_RESULTS = ("interested", "callback", "refused", "question answered", "wrong person")
_WRONG = _RESULTS[-1]


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that is handed in at a moment, perhaps not for the first time."""

    at: Micros
    envelope: Envelope
    again: bool = False


class _When(TypedDict):
    occurred_at: datetime
    day: date


class Facts:
    """Writes the events of a day; `reps` are the ids that the desk gave the agents, else the agents' own names."""

    def __init__(self, day: Day, reps: Mapping[str, str] | None = None) -> None:
        """Write for one day."""
        self._day = day
        self._reps = reps or {}

    def deliveries(self) -> list[Delivery]:
        """Give all that is handed in, by the moment of handing in; what is late comes after what happened later."""
        random = self._day.plan.chance("deliveries")
        found: list[Delivery] = []

        def hand_in(at: Micros, envelope: Envelope) -> None:
            late = between(random, 60, _LATEST_S) if random.random() < _LATE else 0
            found.append(Delivery(at + late, envelope))
            if random.random() < _TWICE:
                found.append(Delivery(at + between(random, 30, _LATEST_S), envelope, again=True))

        for at, envelope in self._told_here():
            hand_in(at, envelope)
        for stay in self._day.stays:
            for envelope in self.of_stay(stay) if stay.number else ():
                if random.random() < _COPIED:
                    at = stay.ended + between(random, 1, _LATEST_S)
                    found.append(Delivery(at, envelope, again=True))
        collected = (Delivery(self._collected(each.at), each.envelope, each.again) for each in found)
        return sorted(collected, key=lambda each: (each.at, each.envelope.id))

    def _collected(self, at: Micros) -> Micros:
        """Say when something is handed in that is ready at a moment: all must be in when the day is over."""
        return min(-(-at // _COLLECTS) * _COLLECTS, self._day.ends)

    def of_stay(self, stay: Stay) -> Iterator[Envelope]:
        """Say of a stay in a queue what a reader of the phone system says."""
        source, leg = self._day.plan.source, f"{stay.queue}#{stay.number}"

        def tell(event: Event) -> Envelope:
            return _envelope(event, source, f"call/{stay.call}", leg, 1)

        yield tell(
            CallOffered(**self._when(stay.joined), call=stay.call, queue=stay.queue, position=stay.position),
        )
        if stay.answered is not None:
            yield tell(
                CallAnswered(
                    **self._when(stay.answered),
                    call=stay.call,
                    queue=stay.queue,
                    rep=self._rep(stay.agent or ""),
                    wait_seconds=stay.wait_s,
                    ring_seconds=stay.ring_s,
                    enqueued_at=instant(stay.joined),
                )
            )
        yield tell(
            CallEnded(
                **self._when(stay.ended),
                call=stay.call,
                direction="inbound",
                outcome=stay.outcome,
                queue=stay.queue,
                rep=self._rep(stay.agent) if stay.agent is not None else None,
                wait_seconds=stay.wait_s,
                ring_seconds=stay.ring_s,
                talk_seconds=stay.talk_s,
                enqueued_at=instant(stay.joined),
                answered_at=instant(stay.answered) if stay.answered is not None else None,
                ended_at=instant(stay.ended),
                transfers=int(stay.to is not None),
                transferred_to=stay.to,
                hung_up_by=stay.by,
            )
        )

    def _told_here(self) -> Iterator[tuple[Micros, Envelope]]:
        yield from self._shifts()
        yield from self._dispositions()
        yield from self._gauges()

    def _shifts(self) -> Iterator[tuple[Micros, Envelope]]:
        """Say who is to work when: told half an hour before the lines open."""
        at = self._day.plan.opens - 30 * MINUTE
        for agent in self._day.agents:
            pieces = [("calls", agent.shift.starts, agent.shift.ends)]
            pieces += [(each.reason, each.at, each.at + each.lasts) for each in agent.shift.breaks]
            for activity, starts, ends in pieces:
                event = ShiftPlanned(
                    **self._when(at),
                    rep=self._rep(agent.name),
                    starts_at=instant(starts),
                    ends_at=instant(ends),
                    activity=activity,
                )
                yield at, _envelope(event, _ROTA, f"agent/{agent.name}", activity, second(starts))

    def _dispositions(self) -> Iterator[tuple[Micros, Envelope]]:
        random = self._day.plan.chance("dispositions")
        for call, agent, ended in self._talks():
            at = ended + between(random, 5, 60)
            result = random.choice(_RESULTS)
            event = CallDispositioned(
                **self._when(at), call=call, rep=self._rep(agent), right_party=result != _WRONG, result=result
            )
            yield at, _envelope(event, _CRM, f"call/{call}", agent, 1)

    def _talks(self) -> Iterable[tuple[str, str, Micros]]:
        for stay in self._day.stays:
            if stay.outcome == "answered" and stay.agent is not None:
                yield stay.call, stay.agent, stay.ended
        for call in self._day.outbound:
            if call.answered is not None:
                yield call.call, call.agent, call.ended

    def _gauges(self) -> Iterator[tuple[Micros, Envelope]]:
        for gauge in self._day.gauges:
            event = QueueMeasured(
                **self._when(gauge.at),
                queue=gauge.queue,
                waiting=gauge.waiting,
                longest_wait_seconds=gauge.longest_wait_s,
                staffed=gauge.staffed,
                ready=gauge.ready,
                talking=gauge.talking,
            )
            yield gauge.at, _envelope(event, self._day.plan.source, f"queue/{gauge.queue}", "gauges", second(gauge.at))

    def _when(self, at: Micros) -> _When:
        return {"occurred_at": instant(at), "day": self._day.plan.day}

    def _rep(self, agent: str) -> str:
        return self._reps.get(agent, agent)


def _envelope(event: Event, source: str, subject: str, leg: str, sequence: int) -> Envelope:
    return Envelope(
        specversion="1.0",
        id=fact_id(source, subject.partition("/")[2], leg, entry_of(event).name, sequence),
        source=source,
        type=entry_of(event).name,
        time=event.occurred_at,
        day=event.day,
        data=event_data(event),
        dataschema=event_schema(event),
        subject=subject,
    )
