"""Listening to the event socket: whatever happens to the connection, what was heard is handed on, event by event."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from services.feeds.freeswitch.live import connection
from services.feeds.freeswitch.live.connection import BEGINS, EventSocket, PasswordRefusedError, listen, switch_name
from services.runtime.errors import ClearError
from tests.feeds.freeswitch.esl_server import GOODBYE, PASSWORD, REJECTION, EslServer, reply
from tests.feeds.freeswitch.given import Switch, framed, read_on
from tests.feeds.freeswitch.test_scenario import LATER, MORNING, RESTARTED, stream
from tests.feeds.samples import contents
from tests.feeds.watching import soon

SAID = b"".join(map(framed, MORNING))
LISTENS = (
    "event plain CHANNEL_CREATE CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_HANGUP_COMPLETE"
    " HEARTBEAT CUSTOM callcenter::info"
)


@dataclass
class Held:
    """A spool that keeps what it is given in memory, up to so many bytes."""

    limit: int = 10_000_000
    taken: list[bytes] = field(default_factory=list[bytes])
    asked: int = 0

    def write(self, data: bytes) -> bool:
        """Take it, if there is room."""
        if sum(map(len, self.taken)) + len(data) > self.limit:
            return False
        self.taken.append(data)
        return True

    async def has_room(self) -> None:
        """Make room."""
        self.asked += 1


@asynccontextmanager
async def listening(server: EslServer, held: Held, *, patient: bool = False) -> AsyncGenerator[asyncio.Task[None]]:
    """Listen to a server that runs."""
    async with server.running():
        task = asyncio.create_task(listen(server.socket, held, patient=patient))
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, ClearError):
                await task


@pytest.mark.parametrize("piece", [1, 7, 100_000])
async def test_every_event_is_handed_on_whole_and_as_it_came(piece: int) -> None:
    held, said = Held(), SAID[:4000] if piece == 1 else SAID
    events = MORNING[: said.count(b"Content-Type: text/event-plain")]
    whole = events if said is SAID else events[:-1]
    async with listening(EslServer([said], piece, ends=False), held):
        assert await soon(lambda: len(held.taken) > len(whole))
    assert held.taken == [BEGINS, *whole]


async def test_the_password_is_given_when_asked_for_and_the_events_are_asked_for() -> None:
    server = EslServer([b""], ends=False)
    async with listening(server, Held()):
        assert await soon(lambda: len(server.commands) >= 3)
    assert server.commands[:3] == [f"auth {PASSWORD}", LISTENS, "api strepoch"]


async def test_what_is_heard_over_two_connections_is_read_as_one_stream_with_a_hole() -> None:
    second = b"".join(map(framed, [*LATER, *RESTARTED]))
    first = b"".join(map(framed, [*MORNING[:5], MORNING[4], *MORNING[5:]]))
    server, held = EslServer([first + GOODBYE, second]), Held()
    async with listening(server, held):
        assert await soon(lambda: RESTARTED[-1] in held.taken)
    assert server.logins == 2
    assert contents(read_on(b"".join(held.taken))) == contents(read_on(stream()))


async def test_a_connection_that_breaks_inside_an_event_hands_on_no_part_of_it() -> None:
    whole, torn = framed(MORNING[0]), framed(MORNING[1])[:-30]
    server, held = EslServer([whole + torn, framed(MORNING[2])]), Held()
    async with listening(server, held):
        assert await soon(lambda: MORNING[2] in held.taken)
    assert held.taken == [BEGINS, MORNING[0], BEGINS, MORNING[2]]


async def test_a_disconnect_notice_ends_the_connection_even_if_more_follows() -> None:
    server, held = EslServer([framed(MORNING[0]) + GOODBYE + framed(MORNING[1]), framed(MORNING[2])]), Held()
    async with listening(server, held):
        assert await soon(lambda: MORNING[2] in held.taken)
    assert MORNING[1] not in held.taken


async def test_other_words_of_the_protocol_are_passed_over() -> None:
    noise = b"Content-Type: log/data\nContent-Length: 9\n\nE\n\nvent-N\n"
    server, held = EslServer([noise + framed(MORNING[0]) + reply("+OK") + framed(MORNING[1])], ends=False), Held()
    async with listening(server, held):
        assert await soon(lambda: MORNING[1] in held.taken)
    assert held.taken == [BEGINS, MORNING[0], MORNING[1]]


async def test_an_event_with_a_body_is_handed_on_with_it_and_one_that_ends_too_early_is_ended() -> None:
    body = Switch().event("CUSTOM", 0, {"Event-Subclass": "callcenter::info"}, b"two\n\nlines")
    short = MORNING[0].removesuffix(b"\n")
    held = Held()
    async with listening(EslServer([framed(body) + framed(short)], ends=False), held):
        assert await soon(lambda: len(held.taken) == 3)
    assert held.taken == [BEGINS, body, MORNING[0]]


async def test_a_refused_password_is_said_in_a_clear_word_without_it() -> None:
    server = EslServer([SAID], lets_in=False)
    async with listening(server, Held()) as task:
        with pytest.raises(PasswordRefusedError, match="refuses the password") as refused:
            await asyncio.wait_for(task, 10)
    assert PASSWORD not in str(refused.value) + repr(server.socket)


async def test_a_password_that_is_refused_later_is_tried_again() -> None:
    server, held = EslServer([framed(MORNING[0]), framed(MORNING[1])]), Held()
    async with listening(server, held):
        assert await soon(lambda: MORNING[0] in held.taken)
        server.lets_in = False
        assert await soon(lambda: server.commands.count(f"auth {PASSWORD}") >= 2)
        server.lets_in = True
        assert await soon(lambda: MORNING[1] in held.taken)


@pytest.mark.parametrize("colon", [":", ""])
async def test_an_event_socket_that_lets_nobody_in_from_here_says_so(colon: str) -> None:
    server = EslServer([], greeting=REJECTION.replace(b"Length:", f"Length{colon}".encode()))
    async with listening(server, Held()) as task:
        with pytest.raises(PasswordRefusedError, match="see its apply-inbound-acl"):
            await asyncio.wait_for(task, 10)


@pytest.mark.parametrize("greeting", [b"220 mail.example ESMTP\r\n\n\n", b"x" * 100_000])
async def test_what_is_no_event_socket_is_said_to_be_none(greeting: bytes) -> None:
    async with listening(EslServer([], greeting=greeting), Held()) as task:
        with pytest.raises(PasswordRefusedError, match="is no event socket of a FreeSWITCH"):
            await asyncio.wait_for(task, 10)


@pytest.mark.parametrize(
    "absurd",
    [
        b"Content-Length: 99999999\nContent-Type: text/event-plain\n\n",
        b"Content-Length: 99999999999999999999\nContent-Type: text/event-plain\n\n" + b"x" * 100_000,
        b"y" * 200_000,
    ],
)
async def test_a_length_that_no_event_has_ends_the_connection_and_is_not_waited_for(absurd: bytes) -> None:
    server, held = EslServer([framed(MORNING[0]) + absurd, framed(MORNING[1])], piece=50_000, ends=False), Held()
    async with listening(server, held):
        assert await soon(lambda: MORNING[1] in held.taken)
    assert held.taken == [BEGINS, MORNING[0], BEGINS, MORNING[1]]


async def test_a_connection_on_which_nothing_is_heard_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SILENCE_S", 0.3)
    server = EslServer([b""], ends=False)
    async with listening(server, Held()):
        assert await soon(lambda: server.logins >= 2)


async def test_a_subscription_that_is_refused_is_tried_again() -> None:
    server, held = EslServer([b"", b""], subscribes=False), Held()
    async with listening(server, held):
        assert await soon(lambda: server.logins >= 2)
    assert held.taken == []


async def test_a_full_spool_hangs_up_and_comes_back_when_there_is_room() -> None:
    held = Held(limit=3 * len(MORNING[0]))
    server = EslServer([SAID, SAID], ends=False)
    async with listening(server, held):
        assert await soon(lambda: server.logins >= 2)
        assert sum(map(len, held.taken)) <= held.limit
        assert held.asked >= 2


async def test_the_phone_system_is_asked_for_its_name() -> None:
    async with EslServer([]).running() as server:
        assert await switch_name(server.socket, patient=False) == "sw1"


def test_a_password_of_two_lines_is_none() -> None:
    with pytest.raises(ClearError, match="is one line"):
        EventSocket("localhost", 8021, "a\napi shutdown")
