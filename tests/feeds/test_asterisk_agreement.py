"""One phone system read twice: by its queue_log and by AMI. What both can see must be one fact."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from events.envelope import Envelope
from tests.feeds.samples import ami_capture, facts, log_capture, read_ami, read_log

INSTANTS = {"enqueued_at", "answered_at", "ended_at"}
"""As fine as the source has them: AMI to the microsecond, queue_log to the second."""


def told(records: list[Envelope]) -> Mapping[UUID, Envelope]:
    return {record.id: record for record in facts(records)}


LOG = told(read_log(log_capture()))
AMI = told(read_ami(ami_capture()))


def data(record: Envelope) -> dict[str, Any]:
    return dict(msgspec.json.decode(record.data))


def test_queue_log_tells_nothing_that_ami_does_not_tell_under_the_same_id() -> None:
    assert len(LOG) == 267
    assert LOG.keys() <= AMI.keys()


def test_what_both_tell_is_the_same_but_for_fractions_of_seconds_and_where_an_attended_transfer_went() -> None:
    for identity, record in LOG.items():
        ours, theirs = data(record), data(AMI[identity])
        ours_only = {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
        attended = ours.get("outcome") == "transferred_attended"
        assert ours_only <= (INSTANTS | {"transferred_to"} if attended else INSTANTS)


def test_every_moment_lies_in_the_same_second_and_so_in_the_same_quarter_of_an_hour_and_day() -> None:
    for identity, record in LOG.items():
        other = AMI[identity]
        assert record.time == other.time.replace(microsecond=0)
        assert (record.day, record.subject, record.source) == (other.day, other.subject, other.source)
        for name in INSTANTS & data(record).keys():
            assert data(record)[name][:19] == data(other)[name][:19]


def test_the_order_of_a_call_is_written_alike() -> None:
    calls = [identity for identity, record in LOG.items() if record.type.startswith("call.")]
    assert [LOG[identity].sequence for identity in calls] == [AMI[identity].sequence for identity in calls]


def test_only_ami_tells_of_calls_without_a_queue_of_refusals_and_of_ready_and_ringing_agents() -> None:
    alone = [record for identity, record in AMI.items() if identity not in LOG]
    calls = [data(record) for record in alone if record.type == "call.ended"]
    assert sorted(call["outcome"] for call in calls if "queue" in call) == ["join_empty", "join_empty"]
    assert sum("queue" not in call for call in calls) == 13
    states = {(data(record)["state"], "queue" in data(record)) for record in alone if "state" in record.type}
    assert states == {("ready", False), ("ringing", True), ("talking", False)}
