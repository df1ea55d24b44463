"""An auditor who asks history in SQL."""

from events.accesses import Extent, QueryAsked, QueryEnded
from events.ids import fact_id
from tests.events.examples.dates import when
from tests.events.examples.record import Example, fact

HISTORY, QUERY = "/history", "9b1f6a0e-3f5d-4e64-9a53-0d5b5a0c7e21"
SUBJECT = f"query/{QUERY}"

EXAMPLES: tuple[Example, ...] = (
    fact(
        QueryAsked(
            **when(16),
            query=QUERY,
            asked_by="olga",
            role="auditor",
            mart="mart-7",
            sql="SELECT rep, won_minor FROM rep_month WHERE month = '2026-11'",
        ),
        HISTORY,
        SUBJECT,
        1,
    ),
    fact(
        QueryEnded(
            **when(16, 0, 1),
            query=QUERY,
            asked=fact_id(HISTORY, SUBJECT, "", "query.asked", 1),
            outcome="answered",
            rows=2,
            size_bytes=34,
            took_ms=412,
            as_of=(
                Extent(topic="kvota.calls", partition=0, before=1_200),
                Extent(topic="kvota.decisions", partition=0, before=88),
            ),
        ),
        HISTORY,
        SUBJECT,
        2,
    ),
)
