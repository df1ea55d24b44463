"""A replay of what was known at a moment comes to what the views say of it, or names what differs."""

from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from projections.projection import load_projections
from services.history.archive import FILE_NAME, Archive
from services.history.errors import NotClosedError, UnfoldableHistoryError
from services.history.replaying import replay
from services.runtime.parked import PARKED
from tests.cli.commands import kvota
from tests.events.examples.dates import at
from tests.history.doors import at_the_door
from tests.history.test_parking import about
from tests.telling import CALLS, DECISIONS, amended, answered, assigned, decided, lying, raw, unfoldable, won

PROJECTIONS = load_projections()
SALES = [
    decided(assigned(), "quota/q1", 1),
    decided(won(500), "deal/d1", 1),
    decided(won(700), "deal/d1", 1),
    decided(amended(won(500), won(600)), "deal/d1", 2),
]
TOLD = [raw(answered(talk=60), 1), b"no event", raw(answered(talk=30), 2), raw(answered(talk=5), 2)]


def fill(archive: Archive) -> None:
    """Archive records of every sort, of which one is set aside later."""
    archive.ingest(lying(TOLD) + lying(SALES, DECISIONS))
    archive.ingest(lying([raw(about(f"{CALLS}/0", 2), 9)], *PARKED, since=at(11)))
    archive.note_ends(at(12), archive.positions())


@pytest.mark.parametrize("moment", [at(8), at(9), at(9, 0, 2), at(10), at(12)])
def test_it_comes_to_what_the_views_say(archive: Archive, moment: datetime) -> None:
    fill(archive)
    done = replay(archive, moment)
    assert (done.differences, done.cut) == ([], archive.known_at(moment))
    assert (done.cells > 0) == (moment > at(8))


@pytest.mark.parametrize(
    "altered",
    [
        "UPDATE calls_rows SET talk_seconds = 61 WHERE talk_seconds = 60",
        "UPDATE records SET verdict = 'repeated' WHERE topic = 'kvota.calls' AND \"offset\" = 0",
        "UPDATE calls_rows SET counts = true",
    ],
)
def test_whatever_was_altered_is_found(archive: Archive, altered: str) -> None:
    fill(archive)
    with archive.cursor() as con:
        con.execute(altered)
    assert {difference.projection.name for difference in replay(archive, at(12)).differences} >= {
        "rep_day",
        "rep_month",
    }


def test_a_moment_that_is_not_closed_cannot_be_replayed(archive: Archive) -> None:
    fill(archive)
    with pytest.raises(NotClosedError):
        replay(archive, at(13))


def test_what_had_no_numbers_then_has_none_now(archive: Archive) -> None:
    archive.ingest(lying([raw(unfoldable(), 1)]))
    archive.note_ends(at(10), archive.positions())
    with pytest.raises(UnfoldableHistoryError, match="quota cannot be made of what is archived: Conversion Error"):
        replay(archive, at(10))


async def test_it_can_be_had_at_the_door(archive: Archive) -> None:
    fill(archive)
    async with at_the_door(archive) as client:
        answer = await client.get("/v1/replay", params={"known_at": "2026-11-24T10:00:00Z"})
        refused = await client.get("/v1/replay", params={"known_at": "yesterday"})
    said = answer.json()
    assert (said["agree"], said["known_at"], said["differences"]) == (True, "2026-11-24T10:00:00Z", [])
    assert said["as_of"] == {"kvota.calls/0": 4, "kvota.decisions/0": 4, "kvota.parked/0": 0}
    assert refused.status_code == 422


def test_the_command_exits_with_1_and_says_the_first_difference(tmp_path: Path) -> None:
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive:
        fill(archive)
    asked = ("audit", "replay", "--known-at", "2026-11-24T10:00:00Z")
    agreeing, missing = kvota(*asked, "--json", home=tmp_path), kvota("audit", "replay", home=tmp_path)
    with Archive(tmp_path / FILE_NAME, PROJECTIONS) as archive, archive.cursor() as con:
        con.execute("UPDATE calls_rows SET talk_seconds = 61 WHERE talk_seconds = 60")
    differing = kvota(*asked, home=tmp_path)
    assert (agreeing.code, msgspec.json.decode(agreeing.out)["agree"]) == (0, True)
    assert (missing.code, "say of which moment" in missing.err) == (2, True)
    first, last = differing.out.splitlines()
    assert differing.code == 1
    assert "replayed" in first
    assert "history" in first
    assert last.endswith("differ")
