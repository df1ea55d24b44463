"""Whatever the order, the batches and the repetitions, the cells are those that plain Python computes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from events.calls import CallFact
from events.deals import Credit, DealAmended, DealRefunded, DealWon
from events.event import Event
from events.goals import QuotaAssigned
from projections.cells import Boards, merge_boards, without_zeros
from projections.fold import Counted, Folder
from projections.fold_file import fold_file
from projections.projection import load_projections
from tests.events.examples.dates import TODAY, at
from tests.recompute import recompute, recompute_log
from tests.telling import (
    ANNA,
    BORIS,
    SALES,
    SUPPORT,
    abandoned,
    amended,
    answered,
    assigned,
    beat,
    caught_up,
    closed,
    decided,
    entered,
    facts,
    gap,
    lasted,
    offered,
    period,
    picked_up,
    quota_amended,
    raw,
    refunded,
    relieved,
    restated,
    withdrawn,
    won,
)

PROJECTIONS = load_projections()
FOLDER = Folder(PROJECTIONS)

reps = st.sampled_from([ANNA, BORIS])
moments = st.integers(0, 8 * 3600).map(lambda seconds: at(9) + timedelta(seconds=seconds))
days = st.integers(0, 9).map(lambda days: TODAY + timedelta(days=days))
queues = st.sampled_from([SALES, SUPPORT, None])
waits = st.sampled_from([0, 1, 59, 60, 61, 120, 299, 300, 301, 3600])
seconds = st.integers(0, 5_000)
outcomes = st.sampled_from(["answered", "transferred_blind", "transferred_attended"])

answered_calls = st.builds(
    answered,
    wait=waits,
    talk=seconds,
    joined=moments,
    rep=reps,
    queue=queues,
    day=days,
    outcome=outcomes,
    wrap_seconds=seconds,
    direction=st.sampled_from(["inbound", "outbound"]),
)
lost_calls = st.builds(abandoned, wait=waits, joined=moments, queue=queues, day=days)
names = st.sampled_from(["c1", "c2"])
joinings = st.builds(offered, joined=moments, queue=st.sampled_from([SALES, SUPPORT]), call=names)
pickings = st.builds(
    picked_up,
    wait=waits,
    joined=moments,
    queue=queues,
    call=names,
    rep=reps,
    enqueued_at=st.none() | moments,
)
stays = answered_calls | lost_calls
calls = stays | joinings | pickings
currencies = st.sampled_from(["RUB", "USD"])


@st.composite
def sales(draw: st.DrawFn) -> DealWon:
    """Draw a sale of one or two reps, perhaps with overlays."""
    credits_ = draw(shares())
    amount = sum(credit.amount_minor for credit in credits_)
    overlays = draw(st.booleans())
    deal = draw(st.sampled_from(["d1", "d2"]))
    whole = draw(st.integers(0, amount)) if overlays else amount
    return won(whole, deal, credits=credits_, currency=draw(currencies), day=draw(days), overlays=overlays)


@st.composite
def shares(draw: st.DrawFn) -> tuple[Credit, ...]:
    """Draw the parts of one or two reps."""
    parts = draw(st.lists(st.integers(0, 10**12), min_size=1, max_size=2))
    return tuple(
        Credit(rep=rep, share_bp=10_000, amount_minor=part) for rep, part in zip((ANNA, BORIS), parts, strict=False)
    )


@st.composite
def refunds(draw: st.DrawFn) -> DealRefunded:
    """Draw what goes back of a sale."""
    credits_ = draw(shares())
    amount = sum(credit.amount_minor for credit in credits_)
    deal = draw(st.sampled_from(["d1", "d2"]))
    return refunded(amount, deal, credits=credits_, currency=draw(currencies), day=draw(days))


targets = st.integers(0, 10**12).map(period)
quotas = st.builds(assigned, targets, holder=reps, currency=currencies) | st.builds(
    assigned, targets, holder=reps, measure=st.just("calls"), currency=st.none()
)


@st.composite
def quota_changes(draw: st.DrawFn) -> Event:
    """Draw what becomes of a quota."""
    quota: QuotaAssigned = draw(quotas)
    return draw(
        st.sampled_from(
            [
                quota,
                quota_amended(quota, assigned(period(draw(st.integers(0, 10**9))), holder=quota.holder)),
                relieved(draw(st.integers(0, 10**9)), quota),
                withdrawn(quota.periods[0], quota),
            ]
        )
    )


def of_one_call(fact: CallFact) -> CallFact:
    """Give the same of the one call that is corrected."""
    return fact.model_copy(update={"call": "c"})


KINDS = [stays, joinings.map(of_one_call), pickings.map(of_one_call)]
"""Facts that can correct one another."""


@st.composite
def corrected(draw: st.DrawFn) -> list[Event]:
    """Draw a call and its corrections, one after the other."""
    told = draw(st.sampled_from(KINDS).flatmap(lambda kind: st.lists(kind, min_size=1, max_size=4)))
    steps = [restated(was, now, revision=step) for step, (was, now) in enumerate(pairwise(told), start=1)]
    return [told[0], *steps]


def amended_to(was: DealWon, amount: int) -> DealAmended:
    """Give the correction of a sale to another amount, of the same deal."""
    return amended(was, won(amount, was.deal))


agents = {"rep": reps, "reason": st.sampled_from([None, "tea"]), "queue": queues}
states = st.builds(entered, st.sampled_from(["ready", "paused", "talking"]), when=moments, **agents)
pieces = st.builds(lasted, st.sampled_from(["ready", "talking"]), seconds, began=moments, **agents)
amendments = st.builds(amended_to, sales(), st.integers(0, 10**12))
feeds = st.sampled_from(["/asterisk/pbx1", "/asterisk/pbx2"])
counts = st.integers(0, 10**9)
beats = st.builds(
    beat,
    when=moments,
    feed=feeds,
    day=days,
    parked=st.none() | counts,
    paced_by=st.sampled_from([None, "deliveries"]),
    ahead_ms=st.none() | st.integers(-(10**9), 10**9),
)
gaps = st.builds(gap, ends=moments, feed=feeds, day=days, missing=st.none() | counts)
closings = st.builds(closed, gaps, found_on=days)
readings = st.builds(caught_up, feed=feeds, day=days, received=counts, appended=counts, parked=counts)
events = st.lists(
    st.one_of(
        calls, sales(), refunds(), states, pieces, amendments, quota_changes(), beats, gaps, closings, readings
    ).map(lambda event: [event])
    | corrected(),
    max_size=12,
).map(lambda groups: [event for group in groups for event in group])


def said(boards: Boards) -> Boards:
    """Leave out what says nothing."""
    cells = {name: without_zeros(PROJECTIONS[name], board) for name, board in boards.items()}
    return {name: board for name, board in cells.items() if board}


def folded(records: Sequence[Counted], sizes: Sequence[int]) -> Boards:
    """Fold in batches of these sizes, the rest at once."""
    total: Boards = {}
    for size in sizes:
        merge_boards(PROJECTIONS, total, FOLDER.fold(records[:size]))
        records = records[size:]
    merge_boards(PROJECTIONS, total, FOLDER.fold(records))
    return total


@settings(deadline=None, max_examples=60)
@given(events, st.randoms(use_true_random=False), st.lists(st.integers(0, 4), max_size=5))
def test_order_and_batches_make_no_difference(told: list[Event], chance: object, sizes: list[int]) -> None:
    records = facts(*told)
    expected = recompute(records)
    shuffled = [Counted(record) for record in records]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random, which hypothesis does not say
    assert said(folded(shuffled, sizes)) == said(expected)


@settings(deadline=None, max_examples=30)
@given(events, st.data(), st.integers(1, 7), st.integers(0, 99))
def test_a_fact_told_again_counts_once(told: list[Event], data: st.DataObject, batch: int, seed: int) -> None:
    first = [raw(event, number) for number, event in enumerate(told, start=1)]
    log = list(first)
    for again in data.draw(st.lists(st.sampled_from(first), max_size=5)) if first else []:
        log.insert(data.draw(st.integers(log.index(again) + 1, len(log))), again)
    expected = recompute_log(log)
    assert expected == recompute_log(first)
    name = data.draw(st.sampled_from(sorted(PROJECTIONS)))
    assert fold_file(log, PROJECTIONS[name], batch=batch, shuffle=seed) == (expected.get(name, {}), [])


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(kind, kind)))
def test_restated_there_and_back_is_never_restated(told: tuple[CallFact, CallFact]) -> None:
    was, now = told
    there_and_back = facts(was, restated(was, now), restated(now, was, revision=2))
    boards = said(FOLDER.fold(map(Counted, there_and_back)))
    assert boards == said(FOLDER.fold(map(Counted, facts(was))))
    assert boards == said(recompute(there_and_back))


def test_of_two_decisions_for_one_version_the_first_counts() -> None:
    log = [
        decided(won(500), "deal/d1", 1),
        decided(won(700), "deal/d1", 1),
        decided(won(900), "deal/d2", 2),
        decided(won(30), "deal/d3", 1, **{"deal/d1": 1}),
        decided(won(40), "deal/d4", 1, **{"deal/d1": 2}),
    ]
    cells, _ = fold_file(log, PROJECTIONS["rep_day"])
    assert cells == recompute_log(log)["rep_day"]
    assert [values[9] for values in cells.values()] == [530]


def test_the_independent_computation_agrees_to_the_microsecond() -> None:
    when: datetime = at(9).replace(microsecond=7)
    records = facts(entered("ready", when), entered("paused", when), lasted("wrap", 3, when))
    assert recompute(records) == FOLDER.fold(map(Counted, records))
