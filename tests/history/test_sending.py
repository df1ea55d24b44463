"""A large answer is made while it is sent: the same bytes, of one cut, whoever takes how long."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from services.history.answers import Answers
from services.history.archive import Archive
from services.history.forms import Form
from services.history.questions import load_question
from services.history.sending import InParts
from tests.callers import bearer
from tests.history.doors import asking, at_the_door, door_of
from tests.history.large import FORMS, fill

FAR_DAYS = load_question(
    "far_days",
    """-- Which days are beyond those that Python knows?
-- ru: Какие дни лежат дальше, чем знает Python?
-- key: on_day
-- column: on_day day | Day | День
SELECT DATE '290000-01-01' + range::INT AS on_day FROM range(5)""",
)
LONG_TEXT = load_question(
    "long_text",
    """-- Which text does no cell hold?
-- ru: Какой текст не помещается в ячейку?
-- key: word
-- column: word text | Word | Слово
SELECT repeat('a', unnest([1, 2, 3, 32768])) AS word""",
)
REPORT, AT_REST = "rep_day", 2
"""How many connections an archive has that nobody asks: the one to the file, and that which writes."""


class Client:
    """A client of a door that takes a part of an answer, and then none until told to, or goes away."""

    def __init__(self, app: FastAPI, archive: Archive) -> None:
        self.took, self.goes_on, self.gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.body, self._app, self._archive = b"", app, archive

    async def ask(self, form: Form) -> None:
        """Ask for the report."""
        authorization = bearer(self._archive.path.parent, "manager")["Authorization"].encode()
        about = {"type": "http", "method": "GET", "path": f"/v1/reports/{REPORT}", "asgi": {"version": "3.0"}}
        told = {"query_string": f"format={form}".encode(), "headers": [(b"authorization", authorization)]}
        await self._app({**about, **told}, self._receive, self._take)

    async def _receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _take(self, message: Message) -> None:
        self.body += message.get("body", b"")
        if self.body:
            self.took.set()
            await self.goes_on.wait()


class Explaining(Answers):
    """Answers of which an explanation takes until told to end."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive, "RU")
        self.begun, self.ends = threading.Event(), threading.Event()

    def explain(
        self, projection: str, key: Mapping[str, str], measure: str | None = None, known_at: datetime | None = None
    ) -> bytes:
        """Give it once told to."""
        self.begun.set()
        assert self.ends.wait(30)
        return super().explain(projection, key, measure, known_at)


def connections(archive: Archive) -> int:
    """Give how many connections the archive has open, besides the one that looks."""
    with archive.cursor() as con:
        [(count,)] = con.execute("FROM duckdb_connection_count()").fetchall()
    return int(count) - 1


@pytest.mark.usefixtures("piecemeal")
class TestDoor:
    @pytest.mark.parametrize("form", FORMS)
    async def test_it_says_of_itself_what_any_answer_says(self, archive: Archive, form: Form) -> None:
        fill(archive)
        whole = Answers(archive, "RU").report(REPORT, {}, None, form)
        async with at_the_door(archive) as client:
            sent = await client.get(f"/v1/reports/{REPORT}", params={"format": form})
            known = {"If-None-Match": sent.headers["etag"]}
            unchanged = await client.get(f"/v1/reports/{REPORT}", params={"format": form}, headers=known)
        assert (sent.status_code, sent.content, "content-length" in sent.headers) == (200, whole, False)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert sent.headers["kvota-position"] == unchanged.headers["kvota-position"]
        assert connections(archive) == AT_REST

    async def test_a_fault_in_the_first_part_is_told_as_any_other(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.history.report.load_questions", lambda: {"far_days": FAR_DAYS})
        transport = httpx.ASGITransport(door_of(archive), raise_app_exceptions=False)
        headers = bearer(archive.path.parent, "manager")
        async with httpx.AsyncClient(transport=transport, base_url="http://history", headers=headers) as client:
            sent = await client.get("/v1/reports/far_days", params={"format": "arrow"})
        assert (sent.status_code, sent.json()["type"]) == (500, "urn:kvota:problem:fault")
        assert connections(archive) == AT_REST

    async def test_a_text_that_no_cell_holds_is_refused_before_any_is_given(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.history.report.load_questions", lambda: {"long_text": LONG_TEXT})
        async with at_the_door(archive) as client:
            workbook = await client.get("/v1/reports/long_text", params={"format": "xlsx"})
            text = await client.get("/v1/reports/long_text", params={"format": "csv"})
        assert (workbook.status_code, workbook.json()["type"]) == (422, "urn:kvota:problem:too-long-for-a-cell")
        assert text.text.splitlines()[-1] == "a" * 32_768
        assert connections(archive) == AT_REST

    @pytest.mark.parametrize("form", FORMS)
    async def test_whoever_takes_it_slowly_is_in_nobodys_way(self, archive: Archive, form: Form) -> None:
        fill(archive)
        whole = Answers(archive, "RU").report(REPORT, {}, None, form)
        app = door_of(archive, at_once=1)
        slow = Client(app, archive)
        asked = asyncio.create_task(slow.ask(form))
        await slow.took.wait()
        fill(archive, 9)
        async with asking(app, archive.path.parent) as client:
            assert (await client.get("/v1/reports/sales_day")).status_code == 200
        slow.goes_on.set()
        await asked
        assert slow.body == whole
        assert connections(archive) == AT_REST

    async def test_what_is_being_sent_goes_on_while_all_turns_are_taken(self, archive: Archive) -> None:
        fill(archive)
        answers = Explaining(archive)
        app = door_of(archive, answers=answers, at_once=1)
        slow = Client(app, archive)
        async with asyncio.TaskGroup() as group, asking(app, archive.path.parent) as client:
            asked = group.create_task(slow.ask("json"))
            await slow.took.wait()
            explained = group.create_task(client.get("/v1/explain/rep_day", params={"currency": "RUB"}))
            assert await asyncio.to_thread(answers.begun.wait, 10)
            slow.goes_on.set()
            await asyncio.wait([asked], timeout=10)
            sent_meanwhile = asked.done() and not explained.done()
            answers.ends.set()
        assert sent_meanwhile
        assert slow.body == answers.report(REPORT, {})

    async def test_what_is_kept_for_a_client_that_goes_away_is_let_go_of(self, archive: Archive) -> None:
        fill(archive)
        app = door_of(archive, at_once=1)
        gone = Client(app, archive)
        asked = asyncio.create_task(gone.ask("csv"))
        await gone.took.wait()
        assert connections(archive) == AT_REST + 1
        gone.gone.set()
        await asked
        assert connections(archive) == AT_REST
        async with asking(app, archive.path.parent) as client:
            assert (await client.get(f"/v1/reports/{REPORT}")).status_code == 200

    async def test_no_more_are_kept_for_slow_clients_than_may_be(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.history.door.WAIT_S", 0.01)
        fill(archive)
        app = door_of(archive, at_once=1)
        slow = [Client(app, archive) for _ in range(4)]
        async with asyncio.TaskGroup() as group, asking(app, archive.path.parent) as client:
            for each in slow:
                group.create_task(each.ask("json"))
                await each.took.wait()
            refused = await client.get(f"/v1/reports/{REPORT}")
            printed = await client.get(f"/v1/reports/{REPORT}", params={"format": "html"})
            for each in slow:
                each.goes_on.set()
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:kvota:problem:too-busy")
        assert printed.status_code == 200
        assert connections(archive) == AT_REST
        async with asking(app, archive.path.parent) as client:
            assert (await client.get(f"/v1/reports/{REPORT}")).status_code == 200

    async def test_whoever_takes_nothing_for_too_long_is_cut_off(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.history.sending.TAKEN_WITHIN_S", 0.01)
        fill(archive)
        whole = Answers(archive, "RU").report(REPORT, {})
        stuck = Client(door_of(archive), archive)
        await asyncio.wait_for(stuck.ask("json"), 10)
        assert stuck.took.is_set()
        assert whole.startswith(stuck.body)
        assert len(stuck.body) < len(whole)
        assert connections(archive) == AT_REST


async def test_a_large_part_is_taken_in_slices() -> None:
    """A slow client takes one in time where it would not take the whole part."""
    slices = list[bytes]()

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        slices.append(message.get("body", b""))

    part = bytes(range(256)) * 1_000
    answer = InParts(iter([part]), asyncio.Semaphore(1), AsyncExitStack(), {}, "text/plain")
    await answer({"type": "http", "asgi": {"version": "3.0"}}, receive, send)
    assert b"".join(slices) == part
    assert max(map(len, slices)) <= 16 * 1024


async def test_what_is_held_is_let_go_of_only_when_no_part_is_being_made() -> None:
    """A client that goes away in the middle of a part ends what is sent, not what a thread reads just then."""
    making, done, gone, order = threading.Event(), threading.Event(), asyncio.Event(), list[str]()
    held = AsyncExitStack()
    held.callback(order.append, "let go")

    def parts() -> Iterator[bytes]:
        yield b"one"
        making.set()
        assert done.wait(10)
        order.append("made")
        yield b"two"

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        return

    answer = InParts(parts(), asyncio.Semaphore(1), held, {}, "text/plain")
    sending = asyncio.create_task(answer({"type": "http", "asgi": {"version": "3.0"}}, receive, send))
    assert await asyncio.to_thread(making.wait, 10)
    gone.set()
    await asyncio.wait([sending], timeout=0.2)
    assert (sending.done(), order) == (False, [])
    done.set()
    await sending
    assert order == ["made", "let go"]
