"""The manager interface as a server: whoever logs in hears what happens from then on, and may ask for the time.

A feed shows that it is at work by asking for the time, once a second. The first one to do so starts the day, so that
somebody who only looks in, as to ask for the phone system's name, misses nothing and delays nothing.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from services.runtime.serving import Address, AddressTakenError
from services.simulator.clock import Clock
from services.simulator.messages import BANNER, message, stamp

_LONGEST_ACTION = 64 * 1024
_STALLED = 16 * 1024 * 1024
"""With so much unread, in bytes, a client is cut off in the middle of an event: so does Asterisk."""
_GOODBYE_S = 2.0
_PONGS = 2
"""Who has heard a second answer after the last event has heard that one, too."""

log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class _Client:
    writer: asyncio.StreamWriter
    logged_in: bool = False
    listens: bool = False
    at_work: bool = False
    """Whether it has asked for the time."""
    pongs: int = 0
    """How often it was told the time after the last event."""
    goodbye: bool = False

    def write(self, data: bytes) -> None:
        """Write, unless the connection is being closed."""
        if not self.goodbye and not self.writer.is_closing():
            self.writer.write(data)

    def say_goodbye(self) -> None:
        """Write nothing more; what was written is on its way."""
        if not self.writer.is_closing():
            self.writer.write_eof()
        self.goodbye = True


class ManagerServer:
    """Speaks AMI to any number of clients; the first one that listens and asks for the time starts the day."""

    def __init__(self, clock: Clock, system: str, secret: str | None = None) -> None:
        """Tell the time by `clock`, and the name of the phone system; without a secret anybody may log in."""
        self.port = 0
        self._system = system
        self._clock = clock
        self._secret = secret
        self._clients: set[_Client] = set()
        self._changed = asyncio.Condition()
        self._over = False

    @asynccontextmanager
    async def listening(self, address: Address) -> AsyncGenerator[None]:
        """Listen there, on `port`; raises AddressTakenError. At the end all connections are closed."""
        try:
            server = await asyncio.start_server(self._serve, address.host, address.port, limit=_LONGEST_ACTION)
        except OSError:
            raise AddressTakenError(address) from None
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await self._say_goodbye()
            await server.wait_closed()

    async def tell(self, data: bytes) -> None:
        """Write events to all who listen; at speed 0 wait for somebody to listen, and for all to keep up."""
        if self._clock.is_free:
            await self._somebody_listens()
        for client in [*self._clients]:
            if client.listens:
                await self._write(client, data)

    async def drained(self, within_s: float) -> None:
        """Wait until every client has read the last event, which two answered pings show, or time is up."""
        self._over = True
        try:
            async with asyncio.timeout(within_s), self._changed:
                await self._changed.wait_for(self._all_have_read)
        except TimeoutError:
            log.warning("ami_client_did_not_ask_for_the_time", clients=len(self._clients))

    def _all_have_read(self) -> bool:
        return all(client.pongs >= _PONGS for client in self._clients if client.listens)

    async def _say_goodbye(self) -> None:
        """Let clients read what is on its way to them, and hang up; a connection that is cut would lose it."""
        for client in self._clients:
            client.say_goodbye()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_S), self._changed:
                await self._changed.wait_for(lambda: not self._clients)
        for client in [*self._clients]:
            client.writer.transport.abort()

    async def _somebody_listens(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: any(client.listens and client.at_work for client in self._clients))

    async def _write(self, client: _Client, data: bytes) -> None:
        client.write(data)
        if self._clock.is_free:
            try:
                await client.writer.drain()
            except ConnectionError:
                client.listens = False  # Its own task takes leave of it.
        elif client.writer.transport.get_write_buffer_size() > _STALLED:
            log.warning("ami_client_stalled", peer=_peer(client))
            client.listens = False
            client.writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer)
        self._clients.add(client)
        client.write(BANNER)
        try:
            while (action := await _action(reader)) is not None and await self._obey(client, action):
                pass
        finally:
            async with self._changed:
                self._clients.discard(client)
                self._changed.notify_all()
            writer.close()
            if client.logged_in:
                log.info("ami_client_gone", peer=_peer(client))

    async def _obey(self, client: _Client, action: dict[str, str]) -> bool:
        """Answer an action; whether the connection goes on."""
        kind = action.get("action", "").lower()
        if kind == "login":
            return await self._log_in(client, action)
        if not client.logged_in:
            client.write(_answer(action, "Error", Message="Permission denied"))
        elif kind == "ping":
            client.write(_answer(action, "Success", Ping="Pong", Timestamp=stamp(self._clock.told)))
            await self._pong(client)
        elif kind == "coresettings":
            client.write(_answer(action, "Success", AMIversion="11.0.0", SystemName=self._system))
        elif kind == "events":
            is_on = action.get("eventmask", "on").lower() not in ("off", "no", "")
            client.write(_answer(action, "Success", Events="On" if is_on else "Off"))
            await self._listen(client, is_on=is_on)
        elif kind == "logoff":
            client.write(_answer(action, "Goodbye", Message="Thanks for all the fish."))
            return False
        else:
            client.write(_answer(action, "Error", Message="Invalid/unknown command"))
        return True

    async def _log_in(self, client: _Client, action: dict[str, str]) -> bool:
        if self._secret is not None and action.get("secret") != self._secret:
            client.write(_answer(action, "Error", Message="Authentication failed"))
            return False
        client.logged_in = True
        client.write(_answer(action, "Success", Message="Authentication accepted"))
        client.write(message({"Event": "FullyBooted", "Privilege": "system,all", "Status": "Fully Booted"}))
        log.info("ami_client_logged_in", peer=_peer(client))
        await self._listen(client, is_on=action.get("events", "on").lower() not in ("off", "no"))
        return True

    async def _listen(self, client: _Client, *, is_on: bool) -> None:
        async with self._changed:
            client.listens = is_on
            self._changed.notify_all()

    async def _pong(self, client: _Client) -> None:
        async with self._changed:
            client.at_work = True
            client.pongs += self._over
            self._changed.notify_all()
        if client.listens:
            self._clock.start()


async def _action(reader: asyncio.StreamReader) -> dict[str, str] | None:
    """Read an action, its keys in lower case; None when the client is gone or sends what is none."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return None
    lines = raw.decode(errors="replace").strip().splitlines()
    pairs = (line.partition(":") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _answer(action: dict[str, str], response: str, **fields: str) -> bytes:
    named = {"ActionID": action["actionid"]} if "actionid" in action else {}
    return message({"Response": response, **named, **fields})


def _peer(client: _Client) -> str:
    return str(client.writer.get_extra_info("peername"))
