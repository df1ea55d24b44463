"""The door for CloudEvents with a real Kafka: when it has answered, all of a request is on the log, or nothing."""

import asyncio

import httpx
import pytest

from events.codec import encode
from services.feeds.accepting import LONGEST
from services.feeds.cloud_events import BATCH, LINES, ONE
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, source_topics
from tests.events.examples import EXAMPLES
from tests.feeds.door_client import BEAT, ENDED, changed, client, problem
from tests.feeds.watching import Watched, watch

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


async def sent(bootstrap: str, body: bytes, content_type: str | None) -> tuple[httpx.Response, Watched]:
    await ensure_topics(bootstrap, source_topics())
    log = await watch(bootstrap)
    async with client(KafkaSettings(bootstrap_servers=bootstrap)) as http:
        headers = {"content-type": content_type} if content_type is not None else {}
        answer = await http.post("/v1/events", content=body, headers=headers)
    await log.look()
    return answer, log


@pytest.mark.parametrize(
    ("body", "content_type", "accepted"),
    [
        (ENDED, ONE, 1),
        (ENDED, None, 1),
        (ENDED, "application/cloudevents+json; charset=utf-8", 1),
        (b"  [ " + ENDED + b" , " + BEAT + b" ] ", BATCH, 2),
        (b"[]", BATCH, 0),
        (ENDED + b"\n\n" + BEAT, LINES, 2),
        (ENDED + b"\r\n" + BEAT + b"\r\n", LINES, 2),
        (b"\n".join([ENDED] * 7_000), LINES, 7_000),
    ],
    ids=["one", "untyped", "charset", "batch", "none", "lines", "crlf", "many"],
)
async def test_what_was_accepted_is_on_the_log(
    bootstrap: str, body: bytes, content_type: str | None, accepted: int
) -> None:
    answer, log = await sent(bootstrap, body, content_type)
    assert (answer.status_code, answer.json()) == (202, {"accepted": accepted})
    assert len(log.all) == accepted


async def test_every_kind_of_fact_may_be_told_and_counts_once(bootstrap: str) -> None:
    kinds = ("call.", "agent.", "queue.", "feed.", "shift.")
    told = [example.envelope for name, example in EXAMPLES.items() if name.startswith(kinds)]
    facts = [record for record in told if record.stream is None]
    body = b"\n".join([encode(record) for record in facts] * 2)
    answer, log = await sent(bootstrap, body, LINES)
    assert answer.json() == {"accepted": 2 * len(facts)}
    assert {record.id for record in log.counted} == {record.id for record in facts}


async def test_attributes_that_kvota_does_not_know_are_kept(bootstrap: str) -> None:
    body = changed(traceparent="00-1-2-03")
    answer, log = await sent(bootstrap, body, ONE)
    assert answer.status_code == 202
    assert log.raw == [body]


async def test_of_a_request_with_one_bad_item_nothing_is_appended(bootstrap: str) -> None:
    answer, log = await sent(bootstrap, b"\n".join([ENDED] * 100 + [changed(id=None)]), LINES)
    refused = problem(answer, 422)
    assert (refused["index"], refused["refused"]) == (100, 1)
    assert not log.all


async def test_of_every_item_that_is_refused_it_is_said_which_and_why(bootstrap: str) -> None:
    answer, log = await sent(bootstrap, b"\n".join([changed(id=None), ENDED, changed(type="call.lost")]), LINES)
    refused = problem(answer, 422)
    assert (refused["refused"], [(each["index"], each["field"]) for each in refused["errors"]]) == (
        2,
        [(0, "id"), (2, "type")],
    )
    assert not log.all


async def test_many_may_send_at_a_time(bootstrap: str) -> None:
    await ensure_topics(bootstrap, source_topics())
    log = await watch(bootstrap)
    async with client(KafkaSettings(bootstrap_servers=bootstrap)) as http:
        answers = await asyncio.gather(
            *(http.post("/v1/events", content=ENDED, headers={"content-type": ONE}) for _ in range(50))
        )
        assert (await http.get("/readyz")).status_code == 200
    assert {answer.status_code for answer in answers} == {202}
    await log.look()
    assert len(log.all) == 50


async def test_the_longest_event_that_is_let_in_is_taken_by_the_broker(bootstrap: str) -> None:
    body = changed(traceparent="x" * (LONGEST - len(changed(traceparent=""))))
    answer, log = await sent(bootstrap, body, ONE)
    assert (len(body), answer.status_code) == (LONGEST, 202)
    assert log.raw == [body]
    refused, _ = await sent(bootstrap, b"{ " + body[1:], ONE)
    assert problem(refused, 422)["detail"] == "item 0: it has more than 500000 bytes"
