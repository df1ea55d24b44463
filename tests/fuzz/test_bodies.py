"""Whatever is sent to the generic door, it answers: taken in, no JSON, or not for the log. Never does it fail."""

import random
from pathlib import Path

from services.feeds.cloud_events import BATCH, LINES, ONE
from tests.callers import bearer
from tests.feeds.webhooks.test_receiving import calling
from tests.fuzz.seeds import seeds, tokens
from tests.fuzz.test_harnesses import changed

_BODIES = 400


def a_body(chance: random.Random) -> bytes:
    """A few records, some of them spoiled, as an array or as lines."""
    records = [chance.choice(seeds("door")) for _ in range(chance.randint(1, 3))]
    body = chance.choice([b"[" + b",".join(records) + b"]", b"\n".join(records)])
    words = [(chance.random(), chance.choice([0, 1, 60]), chance.choice(tokens("door"))) for _ in range(3)]
    return changed(body, words[: chance.randint(0, 3)])


async def test_whatever_is_sent_to_the_door_is_answered(tmp_path: Path) -> None:
    chance, answers, feed = random.Random(7), set[int](), bearer(tmp_path, "feed")
    async with calling(tmp_path) as (http, taken):
        for _ in range(_BODIES):
            told = {"content-type": chance.choice([ONE, BATCH, LINES]), **feed}
            before = len(taken.records)
            answer = await http.post("/v1/events", content=a_body(chance), headers=told)
            answers.add(answer.status_code)
            assert (len(taken.records) > before) == (answer.status_code == 202)
    assert answers == {202, 400, 422}
