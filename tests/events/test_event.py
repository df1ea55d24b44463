"""Values have one way to be written, and persons have no names."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from events.calls import CallOffered
from events.catalogue import NOUNS
from events.parked import ParkedSkipped
from events.people import AbsencePlanned, UnitFormed
from tests.events.examples import EXAMPLES, fields_of
from tests.events.examples.dates import TODAY, at

MOSCOW = timezone(timedelta(hours=3))


def test_an_instant_is_kept_in_utc() -> None:
    offered = CallOffered(
        occurred_at=datetime(2026, 11, 24, 12, tzinfo=MOSCOW), day=TODAY, call="1", queue="q", position=1
    )
    assert offered.occurred_at == at(9)
    assert offered.occurred_at.tzinfo is UTC


@pytest.mark.parametrize("moment", [datetime(2026, 11, 24, 12), TODAY, 1795507200, None])  # noqa: DTZ001  # that is what is refused
def test_an_instant_has_a_zone(moment: object) -> None:
    with pytest.raises(ValidationError, match="occurred_at"):
        CallOffered(**fields_of("call.offered", occurred_at=moment))


@pytest.mark.parametrize("day", [at(9), "24.11.2026", "2026-11-24T00:00:00Z", "1795507200", 1795507200])
def test_a_day_is_a_date(day: object) -> None:
    with pytest.raises(ValidationError, match="should be a day"):
        CallOffered(**fields_of("call.offered", day=day))


@pytest.mark.parametrize(
    "other", ["urn:uuid:9b667c5d-a6c9-5e06-8f7c-4f69a578bd83", "9b667c5da6c95e068f7c4f69a578bd83", 5]
)
def test_an_id_is_written_in_one_way(other: object) -> None:
    with pytest.raises(ValidationError, match="should be a UUID"):
        ParkedSkipped(**fields_of("parked.skipped", parked=other))


@pytest.mark.parametrize("ends_on", [date(2026, 12, 14), date(2026, 12, 13)])
def test_an_absence_has_a_day_at_least(ends_on: date) -> None:
    absence = fields_of("absence.planned", starts_on=date(2026, 12, 14), ends_on=ends_on)
    with pytest.raises(ValidationError, match="ends_on must be later than starts_on"):
        AbsencePlanned(**absence)


def test_a_unit_may_have_no_end() -> None:
    unit = UnitFormed(**fields_of("unit.formed", ends_on=None))
    assert unit.ends_on is None


def test_an_event_cannot_be_changed() -> None:
    event = EXAMPLES["call.offered"].event
    with pytest.raises(ValidationError, match="frozen"):
        setattr(event, "day", TODAY)  # noqa: B010  # the type checker refuses it too


@pytest.mark.parametrize(
    "word", ["phone", "email", "first_name", "last_name", "birth", "address", "caller", "passport"]
)
def test_no_event_has_a_place_for_personal_data(word: str) -> None:
    fields = {name for noun in NOUNS.values() for model in noun.models for name in model.model_fields}
    assert not {field for field in fields if word in field}
