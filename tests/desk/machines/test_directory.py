"""Whatever is asked about names: each decision was allowed, and the name means what the last of the latest says."""

from datetime import timedelta
from itertools import pairwise
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import invariant

from services.desk.deciding import Command
from services.desk.directory.decider import MapName
from services.desk.people.decider import HireRep
from services.desk.people.state import Hired
from tests.desk.given import ANNA, BORIS, NORTH, anna, formed
from tests.desk.machines.racing import SETTINGS, Racing
from tests.events.examples.dates import TODAY, at

MOMENTS = [at(9) + timedelta(hours=hours) for hours in (0, 1, 2)]


class Names(Racing):
    """What may be asked about the names of two sources, while a rep is hired."""

    beginning = ((formed, f"unit/{NORTH}"), (anna, f"rep/{ANNA}"))
    commands: ClassVar[st.SearchStrategy[Command]] = st.one_of(
        st.builds(
            MapName,
            at=st.just(at(12)),
            day=st.just(TODAY),
            named_by=st.sampled_from(("/asterisk/pbx1", "/mango")),
            kind=st.sampled_from(("agent", "queue")),
            name=st.sampled_from(("101", "sales")),
            starts_at=st.sampled_from(MOMENTS),
            to=st.sampled_from((None, ANNA, BORIS)),
        ),
        st.builds(
            HireRep,
            at=st.just(at(12)),
            day=st.just(TODAY),
            rep=st.just(BORIS),
            unit=st.just(NORTH),
            post=st.just("sales"),
            starts_on=st.just(TODAY),
        ),
    )

    @invariant()
    def an_agent_is_nobody_or_somebody_who_was_hired(self) -> None:
        """No name of an agent means a rep of whom nobody knows."""
        company = self.fold.company
        for known in company.directory.names.values():
            for mapping in known.mappings:
                if mapping.kind == "agent" and mapping.to is not None:
                    assert isinstance(company.people.rep(mapping.to), Hired)

    @invariant()
    def no_decision_says_what_held_already(self) -> None:
        """Of two decisions of a name that begin together and follow on each other, the second says another."""
        for known in self.fold.company.directory.names.values():
            for moment in MOMENTS:
                said = [mapping.to for mapping in known.mappings if mapping.starts_at == moment]
                assert all(one != other for one, other in pairwise(said))


TestNames = Names.TestCase
TestNames.settings = SETTINGS
