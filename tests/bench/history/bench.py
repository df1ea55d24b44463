"""The benchmark: calls are told once into a file, everybody takes them in, and then all are asked in turn."""

import json
import platform
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from events.codec import encode
from tests.bench.history.account import Account
from tests.bench.history.contenders import Contender, Loaded, Process
from tests.bench.history.questions import QUESTIONS, Answer, Asked
from tests.bench.projector.bench import machine
from tests.bench.projector.contender import BenchError
from tests.bench.projector.contenders import version_of
from tests.bench.projector.workload import Size, Told, day_of, told_on
from tests.bench.rebuild.measuring import CALL_PROJECTIONS

_AS_OF = ("rep_performance", "rep_day")
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked for."""

    size: Size
    events: int
    runs: int
    days: int
    contenders: Sequence[Contender]

    @property
    def asked(self) -> Asked:
        """The month of the last day, that day, and the first rep; what was known is asked of half the records."""
        last = day_of(self.days)
        return Asked(
            records=self.events,
            days=self.days,
            first=str(last.replace(day=1)),
            after=str(last + timedelta(days=1)),
            day=str(last),
            day_after=str(last + timedelta(days=1)),
            rep="rep-0",
            cut=self.events // 2,
        )

    def told(self) -> Iterator[Told]:
        """All records, day after day."""
        for day in range(1, self.days + 1):
            before, until = ((self.events * each) // self.days for each in (day - 1, day))
            yield from told_on(self.size, day, until - before)


@dataclass(slots=True)
class Spooled:
    """What was told, and the account of it."""

    path: Path
    account: Account
    known: Mapping[str, int]
    """Calls of each rep as of the cut."""
    event_bytes: int


Seconds = dict[tuple[str, str], list[float]]
"""What each run took, by path and question."""


def bench(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Run everybody that can run, in turn, and give the figures; raises BenchError when somebody's answer is wrong."""
    missing = {each.name: lack for each in plan.contenders if (lack := each.lacks()) is not None}
    present = [each for each in plan.contenders if each.name not in missing]
    with tempfile.TemporaryDirectory(prefix="kvota-bench-") as place, ExitStack() as running:
        folder = Path(place)
        say(f"telling {plan.events} calls of {plan.days} days")
        spooled = spool(plan, folder / "calls.ndjson")
        processes, loaded = [], dict[str, Loaded]()
        for contender in present:
            process = running.enter_context(Process(contender, folder / contender.name, spooled.path, plan.asked))
            processes.append(process)
            loaded[contender.name] = process.load()
            say(f"{contender.name} took them in: {loaded[contender.name].wall_s:.1f} s")
        seconds = asked_in_turn(processes, spooled.account, plan.runs, say)
        ours = next((each for each in processes if each.name == "kvota"), None)
        more = {} if ours is None else of_ours(ours, spooled, plan.runs, say)
    return {
        "machine": machine(),
        "versions": _versions(present),
        "threads": {each.name: each.limited_by for each in present},
        "runs": plan.runs,
        "size": plan.size.name,
        "events": plan.events,
        "days": plan.days,
        "calls": spooled.account.calls,
        "event_bytes": spooled.event_bytes,
        "contenders": [_figures(each, loaded[each.name], seconds[each.name], plan) for each in present],
        **ratios(seconds),
        **more,
        "missing": missing,
    }


def spool(plan: Plan, path: Path) -> Spooled:
    """Write down all records, and keep the account of those that are told for the first time."""
    account, known = Account(plan.asked), dict[str, int]()
    with path.open("wb", buffering=1 << 20) as file:
        for number, told in enumerate(plan.told()):
            if number == plan.asked.cut:
                known = dict(account.of_reps)
            if not told.again:
                account.add(told.event)
            file.write(encode(told.envelope) + b"\n")
    return Spooled(path, account, known, round(path.stat().st_size / plan.events))


def asked_in_turn(
    processes: Sequence[Process], account: Account, runs: int, say: Callable[[str], None]
) -> dict[str, Seconds]:
    """Ask everybody every question, one after the other, once more than is counted; raises BenchError."""
    seconds: dict[str, Seconds] = {process.name: defaultdict(list) for process in processes}
    for run in range(runs + 1):
        say("warming up" if run == 0 else f"run {run}")
        for path, questions in QUESTIONS.items():
            expected = account.answers(path)
            for question in questions:
                for process in processes:
                    answer, wall_s = process.ask(path, question)
                    require_equal(f"{process.name}, {path}/{question}", answer, expected[question])
                    if run > 0:
                        seconds[process.name][path, question].append(wall_s)
    return seconds


def require_equal(whose: str, answer: Answer, expected: Answer) -> None:
    """Make sure that an answer is right; raises BenchError that names whose it is and some rows that differ."""
    if answer != expected:
        found, wanted = (set(map(json.dumps, rows)) for rows in (answer, expected))
        some = f"{sorted(found - wanted)[:_SHOWN]} and not {sorted(wanted - found)[:_SHOWN]}"
        message = f"{whose}: another answer, {len(answer)} rows of {len(expected)}: {some}"
        raise BenchError(message)


def of_ours(ours: Process, spooled: Spooled, runs: int, say: Callable[[str], None]) -> dict[str, Any]:
    """What nobody else is asked: a replay of call projections, reports as of a cut, and sums while a stretch grows."""
    say("a replay, reports as of a cut, and sums while a stretch grows")
    records, cpu_s = spooled.account.asked.records, {name: _replayed(ours, name, runs) for name in CALL_PROJECTIONS}
    in_sql, in_all = (sum(each) for each in zip(*cpu_s.values(), strict=True))
    return {
        "replay_events_per_core_s": round(records / in_sql),
        "replay_to_python_events_per_core_s": round(records / in_all),
        "replay": {name: round(records / each) for name, (each, _in_all) in cpu_s.items()},
        "as_of_ms": {report: _as_of_ms(ours, report, spooled.known, runs) for report in _AS_OF},
        "growing_ms": _growing_ms(ours, spooled.account, runs),
    }


def _replayed(ours: Process, projection: str, runs: int) -> tuple[float, float]:
    """CPU seconds to make its cells: in SQL alone, and with what hands them to Python."""
    found = [ours.ask("replay", projection)[0][0] for _ in range(runs)]
    in_sql, in_all = ([float(str(each)) for each in column] for column in zip(*found, strict=True))
    return median(in_sql), median(in_all)


def _as_of_ms(ours: Process, report: str, known: Mapping[str, int], runs: int) -> float:
    times: list[float] = []
    for _ in range(runs + 1):
        answer, wall_s = ours.ask("as_of", report)
        found: dict[str, int] = defaultdict(int)
        for rep, calls in answer:
            found[str(rep)] += int(str(calls))
        require_equal(f"kvota, as of the cut, {report}", _rows(found), _rows(known))
        times.append(wall_s)
    return _ms(times[1:])


def _growing_ms(ours: Process, account: Account, runs: int) -> dict[str, float]:
    """What the questions of sums take while not all is added up beforehand, as it seldom is while calls come in."""
    require_equal("kvota, one more record", ours.ask("grow", "")[0], [[1]])
    taken: dict[str, list[float]] = defaultdict(list)
    for _ in range(runs + 1):
        for question, expected in account.answers("rollup").items():
            answer, wall_s = ours.ask("rollup", question)
            require_equal(f"kvota, growing, {question}", answer, expected)
            taken[question].append(wall_s)
    return {question: _ms(times[1:]) for question, times in taken.items()}


def _rows(calls: Mapping[str, int]) -> Answer:
    return [[rep, number] for rep, number in sorted(calls.items())]


def ratios(seconds: Mapping[str, Seconds]) -> dict[str, Any]:
    """How many times as long as ours the best peer took, of each question; and the median of each path."""
    ours, peers = seconds.get("kvota"), {name: each for name, each in seconds.items() if name != "kvota"}
    if ours is None or not peers:
        return {}
    found: dict[str, dict[str, Any]] = {path: {} for path in QUESTIONS}
    for (path, question), times in ours.items():
        took, best = min((median(each[path, question]), name) for name, each in peers.items())
        found[path][question] = {"ratio": round(took / median(times), 3), "best": best}
    medians = {
        f"median_ratio_{path}": round(median(each["ratio"] for each in questions.values()), 3)
        for path, questions in found.items()
    }
    return {**medians, "ratios": found}


def _figures(contender: Contender, loaded: Loaded, seconds: Seconds, plan: Plan) -> dict[str, Any]:
    queries: dict[str, dict[str, float]] = {path: {} for path in QUESTIONS}
    for (path, question), times in seconds.items():
        queries[path][question] = _ms(times)
    return {
        "name": contender.name,
        "load_wall_s": round(loaded.wall_s, 2),
        "load_cpu_s": round(loaded.cpu_s, 2),
        "load_events_per_cpu_s": round(plan.events / loaded.cpu_s),
        "rss_mb": round(loaded.rss_mb),
        "queries": queries,
        **loaded.figures,
    }


def _ms(times: Sequence[float]) -> float:
    return round(median(times) * 1000, 3)


def _versions(present: Sequence[Contender]) -> dict[str, str]:
    """Of Python, and of what takes part."""
    told = {"python": platform.python_version(), "kvota": version("kvota"), "duckdb": version("duckdb")}
    told["sqlite"] = sqlite3.sqlite_version
    packages = {each.needs.replace("_", "-") for each in present if each.needs is not None}
    return told | {name: version_of(name) for name in sorted(packages)}
