"""A number says what it is not made of, and why not."""

from datetime import timedelta

from services.history.archive import Archive
from services.history.explain import explain
from services.runtime.parked import PARKED
from tests.events.examples.dates import TODAY, at
from tests.history.doors import at_the_door
from tests.history.test_parking import about
from tests.telling import ANNA, BORIS, CALLS, DECISIONS, answered, call_id, decided, lying, raw, won

LATE = TODAY - timedelta(days=36)
TOLD = [
    raw(answered(talk=60), 1),
    raw(answered(talk=60), 1),
    raw(answered(talk=5, rep=BORIS), 2),
    raw(answered(talk=5, rep=BORIS), 2),
    b"no event",
    raw(answered(day=LATE), 3),
    raw(answered(talk=30), 4),
]
SALES = [decided(won(500), "deal/d1", 1), decided(won(700), "deal/d1", 1)]


def fill(archive: Archive) -> None:
    """Archive records of every sort, of which one is set aside later."""
    archive.ingest(lying(TOLD) + lying(SALES, DECISIONS))
    archive.ingest(lying([raw(about(f"{CALLS}/0", 6), 9)], *PARKED, since=at(11)))
    archive.note_ends(at(12), archive.positions())


def said(archive: Archive, key: dict[str, str], hour: int = 12) -> list[tuple[str, int, str]]:
    """Give of each record that is left out where it lies and what the law says of it."""
    explanation = explain(archive, "rep_day", key, cut=archive.known_at(at(hour)))
    return [(each.topic, each.offset, each.verdict) for each in explanation.excluded]


def test_each_record_of_a_cell_that_does_not_count_has_its_reason(archive: Archive) -> None:
    fill(archive)
    unread = (CALLS, 4, "unreadable")
    assert said(archive, {"rep": ANNA, "day": str(TODAY)}) == [
        (CALLS, 1, "repeated"),
        unread,
        (CALLS, 6, "parked"),
        (DECISIONS, 1, "overtaken"),
    ]
    assert said(archive, {"rep": ANNA, "day": str(LATE)}) == [unread, (CALLS, 5, "expired")]
    assert said(archive, {"rep": BORIS}) == [(CALLS, 3, "repeated"), unread]


def test_what_was_set_aside_later_is_not_left_out_of_what_was_known_then(archive: Archive) -> None:
    fill(archive)
    assert (CALLS, 6, "parked") not in said(archive, {"rep": ANNA, "day": str(TODAY)}, hour=10)


async def test_the_door_says_why_one_is_parked_or_unreadable(archive: Archive) -> None:
    fill(archive)
    async with at_the_door(archive) as client:
        answer = await client.get("/v1/explain/rep_day", params={"rep": ANNA, "day": str(TODAY), "currency": ""})
    repeated, unread, aside = answer.json()["excluded"]
    assert repeated == {
        "id": str(call_id(1)),
        "type": "call.ended",
        "position": "kvota.calls/0/1",
        "verdict": "repeated",
        "reason": None,
    }
    assert (unread["id"], unread["type"], unread["reason"].startswith("not a CloudEvent")) == (None, None, True)
    assert (aside["verdict"], aside["reason"]) == ("parked", "cannot take it")
