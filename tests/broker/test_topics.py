"""Topics are made once, as they have to be, and never changed behind anyone's back."""

from dataclasses import replace

import pytest

from services.runtime.topics import (
    TopicError,
    TopicExistsError,
    TopicSpec,
    ensure_topics,
    make_new_topics,
    projector_topics,
    source_topics,
)
from tests.broker.records import partitions_of

ORDERS = TopicSpec("test.orders", 2, {"cleanup.policy": "delete"})


def test_facts_are_spread_and_decisions_have_one_order() -> None:
    partitions = {spec.name: spec.partitions for spec in source_topics(12)}
    assert partitions == {
        "kvota.decisions": 1,
        "kvota.calls": 12,
        "kvota.agents": 12,
        "kvota.touches": 12,
        "kvota.feeds": 12,
        "kvota.records": 1,
        "kvota.parked": 1,
        "kvota.versions": 1,
    }


def test_the_truth_never_expires_and_is_never_compacted() -> None:
    for spec in source_topics():
        assert spec.config == {
            "message.timestamp.type": "LogAppendTime",
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
        }


def test_a_projector_has_a_partition_for_each_of_the_facts_and_one_for_decisions() -> None:
    ticks, cells = projector_topics(7, 12)
    assert (ticks.name, ticks.partitions) == ("kvota.projector-7.ticks", 13)
    assert (cells.name, cells.partitions) == ("kvota.projector-7.cells", 13)
    assert ticks.config["retention.ms"] == str(36 * 24 * 60 * 60 * 1000)
    assert cells.config["cleanup.policy"] == "compact"


@pytest.mark.kafka
async def test_topics_are_made_with_their_partitions_and_making_them_again_changes_nothing(bootstrap: str) -> None:
    specs = (*source_topics(), *projector_topics(1))
    await ensure_topics(bootstrap, specs)
    await ensure_topics(bootstrap, specs)
    assert await partitions_of(bootstrap, [spec.name for spec in specs]) == {
        spec.name: spec.partitions for spec in specs
    }


@pytest.mark.kafka
async def test_what_a_topic_is_advised_to_be_can_be_tuned_and_what_it_has_to_be_cannot(bootstrap: str) -> None:
    cells = projector_topics(2)[1]
    tuned = replace(cells, advice={"segment.bytes": "1048576"})
    await ensure_topics(bootstrap, [tuned])
    await ensure_topics(bootstrap, [cells])
    await ensure_topics(bootstrap, [replace(cells, config={**cells.config, **tuned.advice})])
    with pytest.raises(TopicError, match=r"cells has cleanup\.policy=compact and not delete: set it right"):
        await ensure_topics(bootstrap, [replace(cells, config={"cleanup.policy": "delete"})])


@pytest.mark.kafka
async def test_a_topic_with_other_partitions_is_refused(bootstrap: str) -> None:
    await ensure_topics(bootstrap, [ORDERS])
    with pytest.raises(TopicError, match=r"test\.orders has 2 partitions and not 3: the number .* never changes"):
        await ensure_topics(bootstrap, [replace(ORDERS, partitions=3)])


@pytest.mark.kafka
async def test_a_topic_with_other_settings_is_refused(bootstrap: str) -> None:
    await ensure_topics(bootstrap, [ORDERS])
    with pytest.raises(TopicError, match=r"test\.orders has cleanup\.policy=delete and not compact"):
        await ensure_topics(bootstrap, [replace(ORDERS, config={"cleanup.policy": "compact"})])


@pytest.mark.kafka
async def test_a_topic_that_cannot_be_made_says_why(bootstrap: str) -> None:
    with pytest.raises(TopicError, match="bad name could not be made: Topic name is invalid"):
        await ensure_topics(bootstrap, [TopicSpec("bad name", 1, {})])


@pytest.mark.kafka
async def test_of_several_who_make_a_topic_one_gets_it_and_who_may_not_is_told_something_else(bootstrap: str) -> None:
    spec = replace(ORDERS, name="test.ours")
    await make_new_topics(bootstrap, [spec])
    with pytest.raises(TopicExistsError, match=r"test\.ours exists already"):
        await make_new_topics(bootstrap, [spec])
    with pytest.raises(TopicError, match="Topic name is invalid") as refused:
        await make_new_topics(bootstrap, [TopicSpec("bad name", 1, {})])
    assert not isinstance(refused.value, TopicExistsError)


@pytest.mark.kafka
async def test_no_topic_appears_by_being_asked_for(bootstrap: str) -> None:
    for _ in range(2):
        assert await partitions_of(bootstrap, ["test.mistyped"]) == {"test.mistyped": 0}
