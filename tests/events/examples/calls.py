"""A caller waits in the queue for new customers, and is answered."""

from events.calls import CallAnswered, CallDispositioned, CallEnded, CallOffered, CallRestated
from events.ids import restatement_id
from tests.events.examples.dates import at, when
from tests.events.examples.record import Example, fact

PBX = "/asterisk/pbx1"
CALL = "pbx1-1795507200.42"
QUEUE = "Новые клиенты"


def _ended(*, hold_seconds: int) -> CallEnded:
    return CallEnded(
        **when(9, 4, 5),
        call=CALL,
        direction="inbound",
        outcome="answered",
        queue=QUEUE,
        rep="agent-1001",
        campaign="осень-2026",
        tactic="входящий звонок",
        wait_seconds=14,
        ring_seconds=6,
        talk_seconds=231,
        hold_seconds=hold_seconds,
        wrap_seconds=0,
        answered_by="live",
        enqueued_at=at(9),
        answered_at=at(9, 0, 14),
        ended_at=at(9, 4, 5),
        transfers=0,
        hung_up_by="customer",
        customer="customer-77",
        lead="lead-501",
        deal="deal-9001",
    )


ended = _ended(hold_seconds=20)
ended_example = fact(ended, PBX, f"call/{CALL}", 1, QUEUE)

EXAMPLES: tuple[Example, ...] = (
    fact(CallOffered(**when(9), call=CALL, queue=QUEUE, position=2), PBX, f"call/{CALL}", 1, QUEUE),
    fact(
        CallAnswered(**when(9, 0, 14), call=CALL, queue=QUEUE, rep="agent-1001", wait_seconds=14, ring_seconds=6),
        PBX,
        f"call/{CALL}",
        1,
        QUEUE,
    ),
    ended_example,
    fact(
        CallDispositioned(
            **when(9, 5),
            call=CALL,
            rep="agent-1001",
            right_party=True,
            result="назначена встреча",
            note="Просит коммерческое предложение на 12 рабочих мест.",
        ),
        PBX,
        f"call/{CALL}",
        1,
    ),
    fact(
        CallRestated(
            **when(10, 30),
            of=ended_example.envelope.id,
            revision=1,
            reason="The call detail record says that the hold belonged to another call.",
            was=ended,
            now=_ended(hold_seconds=0),
        ),
        PBX,
        f"call/{CALL}",
        1,
        identity=restatement_id(ended_example.envelope.id, 1),
    ),
)
