"""Who calls, by every file of the captured phone systems: one number for one call, whoever tells it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from events.calls import CallEnded
from events.codec import decode, encode
from services.feeds.callers.heard import Callers, mention
from services.feeds.registry import read_files
from tests.feeds.callers.asking import Asked
from tests.feeds.samples import AMI_FILE, CDR_FILE, CDR_JSON_FILE, CEL_FILE, LOG_FILE, MOSCOW
from tests.feeds.test_asterisk_truth import ids_in_ami, ids_in_log

SOURCE = "/asterisk/pbx1"


def read(path: Path) -> tuple[Mapping[str, str], list[CallEnded], bytes]:
    """The numbers by mention, what ended, and all facts as they are written."""
    asked = Asked()
    callers = Callers(asked.look_up)
    facts = list(read_files("asterisk", [path], zone=MOSCOW, system="pbx1", callers=callers))
    found = asyncio.run(callers.identify(facts))
    events = [decode(encode(fact)).event for fact in found]
    return asked.numbers, [event for event in events if isinstance(event, CallEnded)], b"".join(map(encode, found))


@pytest.mark.parametrize("path", [AMI_FILE, LOG_FILE, CEL_FILE, CDR_FILE, CDR_JSON_FILE], ids=lambda path: path.name)
def test_each_call_from_outside_has_its_callers_number_and_no_fact_has_one(path: Path) -> None:
    numbers, ended, written = read(path)
    joined = ids_in_log() if path == LOG_FILE else ids_in_ami()
    assert {mention(SOURCE, call): number for number, call in joined.items()} == {
        about: number for about, number in numbers.items() if number in joined
    }
    assert len(joined) > 40
    inbound = [event for event in ended if event.direction == "inbound"]
    person = {call: Asked().person(number) for number, call in joined.items()}
    assert inbound
    assert [event.caller for event in inbound] == [person.get(event.call) for event in inbound]
    assert not any(number.lstrip("+").encode() in written for number in numbers.values())
