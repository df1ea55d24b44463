"""A large answer is made while it is sent: the same bytes, of one cut, whoever takes how long."""

import asyncio
import io
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import httpx
import pyarrow as pa
import pytest
from fastapi import FastAPI
from pyarrow import ipc, parquet
from starlette.types import Message

from services.history.answers import Answers
from services.history.archive import Archive
from services.history.columnar import ROW_GROUP
from services.history.errors import BadValueError, TooManyRowsError
from services.history.forms import Form, in_parts, rendered
from services.history.keeping import PIECE, kept
from services.history.limits import NO_LIMITS, Limits
from services.history.questions import Question, load_question
from services.history.report import Report, answer
from services.history.sending import InParts
from services.history.spreadsheet import as_xlsx
from services.history.typed import arrow_table
from tests.callers import bearer
from tests.events.examples.dates import TODAY
from tests.history.asking import decide, tell
from tests.history.doors import asking, at_the_door, door_of
from tests.telling import answered, won

MANY = load_question(
    "many",
    """-- How many?
-- ru: Сколько?
-- key: n
-- column: n count | Number | Число
-- column: half number | Half | Половина
-- column: word text | Word | Слово
-- column: on_day day | Day | День
-- column: by_currency map | By currency | По валютам
SELECT range AS n, (range / 2)::DECIMAL(9, 1) AS half, CASE WHEN range % 3 > 0 THEN '=' || range END AS word,
       DATE '2026-11-24' + range::INT AS on_day,
       CASE WHEN range = 4000 THEN MAP {'USD': range} WHEN range % 7 > 0 THEN MAP {'RUB': -range} END AS by_currency
FROM range(4500) ORDER BY range DESC""",
)
LATE_FAULT = load_question(
    "late_fault",
    """-- How many?
-- ru: Сколько?
-- key: n
-- column: n count | Number | Число
SELECT CASE WHEN range = 5_000_000 THEN error('it was made') ELSE range END AS n FROM range(5_000_001) -- the last""",
)
NONE = load_question("none", MANY.sql.replace("range(4500)", "range(0)"))
FAR_DAYS = load_question(
    "far_days",
    """-- Which days are beyond those that Python knows?
-- ru: Какие дни лежат дальше, чем знает Python?
-- key: on_day
-- column: on_day day | Day | День
SELECT DATE '290000-01-01' + range::INT AS on_day FROM range(5)""",
)
FORMS: tuple[Form, ...] = ("json", "csv", "arrow", "parquet", "xlsx")
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


def fill(archive: Archive, days: int = 7) -> None:
    """Have a rep answer one call on each of so many days, and sell something on the last."""
    tell(archive, *(answered(10, 60 + number, day=TODAY - timedelta(days=number)) for number in range(days)))
    decide(archive, won(500, currency="EUR"))


@pytest.fixture
def piecemeal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pieces of two rows."""
    monkeypatch.setattr("services.history.keeping.PIECE", 2)


class TestParts:
    @pytest.mark.parametrize("form", ["json", "csv"])
    def test_they_are_the_bytes_of_the_whole(self, archive: Archive, form: Form) -> None:
        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            assert (keeping.count, keeping.is_small) == (4500, False)
            parts = list(in_parts(keeping.pieces, form, "ru"))
        assert b"".join(parts) == rendered(answer(archive, MANY, {}, {}), form, "ru")
        assert max(map(len, parts)) < sum(map(len, parts)) / 2

    def test_a_workbook_of_many_pieces_is_the_bytes_of_the_whole(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.history.spreadsheet._AT_ONCE", 1_000)
        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            parts = list(in_parts(keeping.pieces, "xlsx", "ru"))
        assert b"".join(parts) == as_xlsx(answer(archive, MANY, {}, {}), "ru")
        assert set(map(len, parts[:-1])) == {1_000}

    def test_a_row_group_of_parquet_has_a_few_pieces(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("services.history.keeping.PIECE", 200)
        whole, made = arrow_table(answer(archive, MANY, {}, {})), list[Report]()

        def noted(pieces: Iterable[Report]) -> Iterator[Report]:
            for each in pieces:
                made.append(each)
                yield each

        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            parts = in_parts(lambda: noted(keeping.pieces()), "parquet", "ru")
            first = next(parts)
            assert len(made) == ROW_GROUP
            file = io.BytesIO(first + b"".join(parts))
        stored = parquet.read_table(file)
        assert stored.equals(whole)
        assert stored.schema.metadata == whole.schema.metadata
        about = parquet.read_metadata(file)
        assert [about.row_group(place).num_rows for place in range(about.num_row_groups)] == [2_000, 2_000, 500]

    @pytest.mark.parametrize("question", [MANY, NONE], ids=["many", "none"])
    def test_parquet_is_written_as_its_own_writer_does(self, archive: Archive, question: Question) -> None:
        file, report = io.BytesIO(), answer(archive, question, {}, {})
        parquet.write_table(arrow_table(report), file, compression="zstd")
        assert rendered(report, "parquet", "ru") == file.getvalue()

    def test_a_stream_of_arrow_has_a_batch_for_each_piece(self, archive: Archive) -> None:
        with kept(archive, MANY, {}, {}, NO_LIMITS) as keeping:
            stream = ipc.open_stream(b"".join(in_parts(keeping.pieces, "arrow", "ru")))
            batches = list(stream)
        whole = arrow_table(answer(archive, MANY, {}, {}))
        assert pa.Table.from_batches(batches, stream.schema).equals(whole, check_metadata=True)
        assert [batch.num_rows for batch in batches] == [PIECE, PIECE, 500]

    @pytest.mark.parametrize("question", [MANY, NONE], ids=["many", "none"])
    def test_arrow_is_written_as_its_own_writer_does(self, archive: Archive, question: Question) -> None:
        with kept(archive, question, {}, {}, NO_LIMITS) as keeping:
            tables, file = [arrow_table(piece) for piece in keeping.pieces()], io.BytesIO()
            with ipc.new_stream(file, tables[0].schema) as writer:
                for table in tables:
                    writer.write_table(table)
            assert b"".join(in_parts(keeping.pieces, "arrow", "en")) == file.getvalue()

    @pytest.mark.parametrize("form", FORMS)
    def test_an_answer_of_one_piece_is_given_as_one(self, archive: Archive, form: Form) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        with answers.answering(answers.asked(REPORT, {}, None, form, "en")) as made:
            assert isinstance(made, bytes)

    @pytest.mark.usefixtures("piecemeal")
    @pytest.mark.parametrize("form", FORMS)
    def test_what_is_archived_meanwhile_changes_nothing(self, archive: Archive, form: Form) -> None:
        fill(archive)
        answers = Answers(archive, "RU")
        asked = answers.asked(REPORT, {}, None, form, "en")
        before = answers.answer(asked)
        with answers.answering(asked) as made:
            assert not isinstance(made, bytes)
            first = next(made)
            fill(archive, 9)
            assert b"".join([first, *made]) == before
        assert answers.report(REPORT, {}, None, form) != before

    def test_more_rows_than_there_may_be_are_refused_before_any_is_given(self, archive: Archive) -> None:
        with (
            pytest.raises(TooManyRowsError, match="more than 4499 rows"),
            kept(archive, MANY, {}, {}, Limits(rows=4499)),
        ):
            pytest.fail("it was answered")
        with kept(archive, MANY, {}, {}, Limits(rows=4500)) as keeping:
            assert keeping.count == 4500

    def test_no_more_rows_are_made_than_tell_that_there_are_too_many(self, archive: Archive) -> None:
        with pytest.raises(TooManyRowsError), kept(archive, LATE_FAULT, {}, {}, Limits(rows=4)):
            pytest.fail("it was answered")
        with pytest.raises(BadValueError, match="made"), kept(archive, LATE_FAULT, {}, {}, NO_LIMITS):
            pytest.fail("it was answered")

    @pytest.mark.parametrize("most", [4500, 100_000])
    def test_they_are_the_same_whatever_the_limit(self, archive: Archive, most: int) -> None:
        with kept(archive, MANY, {}, {}, Limits(rows=most)) as keeping:
            rows = [row for piece in keeping.pieces() for row in piece.rows]
        assert tuple(rows) == answer(archive, MANY, {}, {}).rows


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
