"""An answer costs no more than it may, and says what to do when it would."""

import asyncio
import threading
import time
from pathlib import Path

import duckdb
import pytest

from services.history.answers import Answers
from services.history.archive import Archive
from services.history.errors import TooBusyError, TookTooLongError, TookTooMuchMemoryError, TooManyRowsError
from services.history.limits import NO_LIMITS, Limits, Turns, within_memory
from services.history.questions import load_question
from services.history.report import answer_bound
from services.history.settings import HistorySettings
from tests.history.doors import at_the_door, fill
from tests.history.test_no_memory import use_up

HEAD = "-- How many?\n-- ru: Сколько?\n-- key: n\n-- column: n count | Number | Число\n"
ENDLESS = load_question(
    "endless", f"{HEAD}SELECT count(*) AS n FROM range(10_000_000_000) AS a, range(10_000_000_000) AS b"
)
HOARDING = load_question("hoarding", f"{HEAD}SELECT len(list(range)) AS n FROM range(50_000_000)")
FIVE = load_question("five", f"{HEAD}SELECT range AS n FROM range(5)")
FEW_S = 0.2


class Deaf:
    """A connection whose first interrupts come before its statement runs."""

    def __init__(self) -> None:
        self.interrupts, self.heard = 0, threading.Event()

    def interrupt(self) -> None:
        self.interrupts += 1
        if self.interrupts > 2:
            self.heard.set()

    def hear_at_last(self, limits: Limits) -> None:
        """Run what only the third interrupt ends."""
        with limits.time(self):
            self.heard.wait(10)
            raise duckdb.InterruptException


class Early:
    """A connection that says when its first interrupt has come, to nothing that runs."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con, self.come = con, threading.Event()

    def interrupt(self) -> None:
        self._con.interrupt()
        self.come.set()

    def count_long(self, limits: Limits) -> None:
        """Run a statement of seconds once that interrupt has come."""
        with limits.time(self):
            assert self.come.wait(10)
            self._con.execute("SELECT sum(sin(range)) FROM range(500_000_000)").fetchall()


class TestTime:
    def test_a_statement_that_takes_too_long_is_interrupted(self, archive: Archive) -> None:
        begun = time.monotonic()
        with pytest.raises(TookTooLongError, match=r"more than 0\.2 s: ask for less") as refused:
            answer_bound(archive, ENDLESS, {}, None, Limits(seconds=FEW_S))
        assert time.monotonic() - begun < 30
        assert "больше 0.2 с: спросите о меньшем" in str(refused.value.ru)

    def test_the_archive_answers_and_archives_on_afterwards(self, archive: Archive) -> None:
        with pytest.raises(TookTooLongError):
            answer_bound(archive, ENDLESS, {}, None, Limits(seconds=FEW_S))
        fill(archive)
        assert answer_bound(archive, FIVE, {}, None, Limits(seconds=60)).rows == ((0,), (1,), (2,), (3,), (4,))

    def test_it_is_interrupted_again_until_it_is_done(self) -> None:
        deaf, threads = Deaf(), threading.active_count()
        with pytest.raises(TookTooLongError):
            deaf.hear_at_last(Limits(seconds=1e-9))
        assert (deaf.heard.is_set(), threading.active_count()) == (True, threads)

    def test_an_interrupt_that_comes_before_the_statement_runs_is_not_lost(self) -> None:
        with duckdb.connect() as con, pytest.raises(TookTooLongError):
            Early(con).count_long(Limits(seconds=1e-9))

    def test_a_statement_that_is_done_in_time_is_not_interrupted(self) -> None:
        deaf, threads = Deaf(), threading.active_count()
        with Limits(seconds=60).time(deaf):
            pass
        assert (deaf.interrupts, threading.active_count()) == (0, threads)


class TestRows:
    def test_more_rows_than_there_may_be_are_refused(self, archive: Archive) -> None:
        with pytest.raises(TooManyRowsError, match="more than 4 rows: ask for less") as refused:
            answer_bound(archive, FIVE, {}, None, Limits(rows=4))
        assert "строк в ответе больше, чем можно (4)" in str(refused.value.ru)

    @pytest.mark.parametrize("limits", [Limits(rows=5), NO_LIMITS])
    def test_as_many_as_there_may_be_are_given(self, archive: Archive, limits: Limits) -> None:
        assert len(answer_bound(archive, FIVE, {}, None, limits).rows) == 5


class TestMemory:
    def test_it_is_half_of_the_machines_or_as_told(self, path: Path) -> None:
        with duckdb.connect(config={"memory_limit": "50%"}) as con:
            half = memory_limit(con)
        for told, expected in ((None, half), (300, "300.0 MiB")):
            with Archive(path, {}, memory_mb=told) as archive, archive.cursor() as con:
                assert memory_limit(con) == expected

    async def test_who_needs_more_is_refused_and_the_archive_goes_on(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.history.report.load_questions", lambda: {"hoarding": HOARDING, "five": FIVE})
        with Archive(path, {}, memory_mb=64) as archive:
            fill(archive)
            async with at_the_door(archive) as client:
                refused = await client.get("/v1/reports/hoarding", headers={"Accept-Language": "ru"})
                given = await client.get("/v1/reports/five")
        assert (refused.status_code, refused.json()["type"]) == (503, "urn:kvota:problem:took-too-much-memory")
        assert "KVOTA_HISTORY_MEMORY_MB" in refused.json()["detail"]
        assert len(given.json()["rows"]) == 5

    @pytest.mark.parametrize("url", ["reports/rep_day", "reports/rep_day?format=parquet", "explain/rep_day?rep=anna"])
    async def test_so_is_whoever_comes_when_others_use_it(self, archive: Archive, url: str) -> None:
        fill(archive)
        async with at_the_door(archive) as client:
            use_up(archive)
            refused = await client.get(f"/v1/{url}", headers={"Accept-Language": "ru"})
        assert (refused.status_code, refused.json()["type"]) in {
            (503, "urn:kvota:problem:took-too-much-memory"),
            (503, "urn:kvota:problem:no-memory"),
        }
        assert "KVOTA_HISTORY_MEMORY_MB" in refused.json()["detail"]

    def test_and_a_command_that_reads_the_file_itself(self) -> None:
        with pytest.raises(TookTooMuchMemoryError), within_memory(), duckdb.connect() as con:
            con.execute("SET memory_limit = '1MB'").execute("SELECT len(list(range)) FROM range(50_000_000)")


def memory_limit(con: duckdb.DuckDBPyConnection) -> str:
    """Give it as DuckDB tells it."""
    [(told,)] = con.execute("SELECT current_setting('memory_limit')").fetchall()
    return str(told)


class TestTurns:
    async def test_who_comes_when_all_turns_are_taken_is_refused_in_the_end(self) -> None:
        turns = Turns(at_once=1, wait_s=0.01)
        async with turns.turn():
            with pytest.raises(TooBusyError):
                async with turns.turn():
                    pytest.fail("two at once")
        async with turns.turn():
            pass

    async def test_who_waits_gets_the_next_turn(self) -> None:
        turns, order = Turns(at_once=1, wait_s=60), list[str]()

        async def work(name: str) -> None:
            async with turns.turn():
                order.append(f"{name} begins")
                await asyncio.sleep(0)
                order.append(f"{name} ends")

        await asyncio.gather(work("one"), work("two"))
        assert order == ["one begins", "one ends", "two begins", "two ends"]

    async def test_a_turn_comes_free_when_its_work_fails(self) -> None:
        turns = Turns(at_once=1, wait_s=60)
        for _ in range(2):
            with pytest.raises(TookTooLongError):
                async with turns.turn():
                    raise TookTooLongError(1)


class TestDoor:
    @pytest.mark.parametrize(
        ("limits", "status", "kind", "said"),
        [
            (Limits(rows=1), 422, "too-many-rows", "строк в ответе больше, чем можно (1): спросите о меньшем"),
            (
                Limits(seconds=1e-9),
                503,
                "took-too-long",
                "спросите о меньшем, например о меньшем числе дней, или позже",
            ),
        ],
    )
    async def test_a_refusal_says_what_to_do(  # noqa: PLR0913, PLR0917  # what is asked and what is said
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch, limits: Limits, status: int, kind: str, said: str
    ) -> None:
        fill(archive)
        held = {"many": FIVE, "endless": ENDLESS}
        monkeypatch.setattr("services.history.report.load_questions", lambda: held)
        async with at_the_door(archive, answers=Answers(archive, "RU", limits)) as client:
            name = "many" if limits.seconds is None else "endless"
            answer = await client.get(f"/v1/reports/{name}", headers={"Accept-Language": "ru"})
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:kvota:problem:{kind}")
        assert said in answer.json()["detail"]

    async def test_who_comes_when_history_is_busy_is_told_when_to_come_again(
        self, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(archive)
        monkeypatch.setattr("services.history.door.WAIT_S", 0.01)
        questions = ("reports/rep_day", "explain/rep_day?currency=RUB", "replay?known_at=2026-11-24T09:00:00Z")
        async with at_the_door(archive, at_once=0) as client:
            answers = [await client.get(f"/v1/{asked}") for asked in questions]
        assert {(each.status_code, each.json()["type"]) for each in answers} == {(503, "urn:kvota:problem:too-busy")}
        assert {each.headers["retry-after"] for each in answers} == {"1"}


def test_the_limits_have_defaults() -> None:
    settings = HistorySettings()
    assert (settings.statement_s, settings.max_rows, settings.at_once) == (60, 100_000, 4)
