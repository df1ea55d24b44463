"""A name of the phone system turns out to be a rep's."""

from events.directory import DirectoryMapped
from services.desk.directory.state import name_id
from tests.events.examples.agents import REP
from tests.events.examples.calls import PBX
from tests.events.examples.dates import at, when
from tests.events.examples.record import Example, decision

HEAD = "rep-001"
SELLER = "rep-014"

EXAMPLES: tuple[Example, ...] = (
    decision(
        DirectoryMapped(
            **when(10),
            named_by=PBX,
            kind="agent",
            name=REP,
            starts_at=at(6),
            to=SELLER,
            reason="Новый добавочный с утра.",
        ),
        f"directory/{name_id('agent', PBX, REP)}",
        1,
        by=HEAD,
        expects={f"rep/{SELLER}": 2},
    ),
)
