"""A day played through the doors: the order holds, lost answers cost nothing, and two runs say the same."""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from events.calls import CallDispositioned
from services.runtime.settings import CompanySettings
from services.simulator.__main__ import main
from services.simulator.play import Played, Player
from services.simulator.settings import SimulatorSettings
from services.simulator.web import RefusedError, UnreachableError
from tests.feeds.samples import contents, ended, event_of, facts, read_ami, read_log
from tests.simulator.days import TUESDAY, small_day
from tests.simulator.standins import Listener, StandInDesk, StandInDoor, hanging_up, serving


@dataclass
class Run:
    """What came through each door on one run."""

    desk: StandInDesk
    door: StandInDoor
    heard: bytes
    played: Played


def told(**changes: Any) -> SimulatorSettings:  # noqa: ANN401  # settings
    usual: dict[str, Any] = {"seed": 7, "day": TUESDAY, "reps": 8, "hours": 2, "ami": "127.0.0.1:0", "speed": 0}
    return SimulatorSettings.model_validate(usual | {"desk": "", "door": ""} | changes)


async def run(*, loses: int = 0, **changes: Any) -> Run:  # noqa: ANN401  # settings
    desk, door = StandInDesk(loses), StandInDoor(loses)
    async with serving(desk.app()) as desk_url, serving(door.app()) as door_url:
        player = Player(small_day(), told(desk=desk_url, door=door_url, **changes))
        hearing = asyncio.create_task(_hear(player))
        async with player.playing() as played:
            await player.drained()
    return Run(desk, door, await hearing, played)


async def _hear(player: Player) -> bytes:
    await player.listening.wait()
    with hanging_up(await Listener.connect(player.server.port)) as listener:
        return await listener.to_the_end()


async def test_a_day_comes_through_every_door() -> None:
    day, came = small_day(), await run()
    assert len(came.desk.answered) == len(day.setup) + len(day.commands)
    assert len(ended(read_ami(came.heard))) == day.figures.calls
    assert came.played.handed_in == len(came.door.records)
    reps = set(came.played.reps.values())
    assert {call.rep for call in ended(read_ami(came.heard)) if call.rep is not None} <= reps
    dispositions = [event for event in map(event_of, came.door.records) if isinstance(event, CallDispositioned)]
    assert {event.rep for event in dispositions} <= reps


async def test_what_the_desk_was_asked_for_is_the_truth() -> None:
    figures, came = small_day().figures, await run()
    standing = Counter(came.desk.state.values())
    assert standing["won"] + standing["refunded"] == figures.deals.won + len(small_day().earlier)
    assert (standing["lost"], standing["refunded"]) == (figures.deals.lost, figures.deals.refunded)
    asked = {deal: body["amount_minor"] for deal, body in came.desk.bodies("deals").items()}
    won = [asked[deal] for deal, state in came.desk.state.items() if state in ("won", "refunded")]
    assert sum(won) == figures.deals.won_minor + figures.deals.earlier_minor
    quotas = [body for body in came.desk.bodies("quotas").values() if body["holder_kind"] == "rep"]
    assert sum(body["target"] for body in quotas) == figures.deals.quota_minor
    assert {(body["starts_on"], body["ends_on"]) for body in quotas} == {("2026-11-01", "2026-12-01")}


async def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice() -> None:
    smooth, rough = await run(), await run(loses=5)
    assert rough.desk.requests > smooth.desk.requests
    assert rough.desk.answered == smooth.desk.answered
    assert {record.id for record in rough.door.records} == {record.id for record in smooth.door.records}
    assert contents(facts(read_ami(rough.heard))) == contents(facts(read_ami(smooth.heard)))


async def test_two_runs_say_the_same_word_for_word() -> None:
    first, second = await run(), await run()
    assert list(first.desk.answered.items()) == list(second.desk.answered.items())
    assert contents(first.door.records) == contents(second.door.records)


async def test_the_door_is_told_some_things_twice_and_late_and_out_of_order() -> None:
    records = (await run()).door.records
    counts = Counter(record.id for record in records)
    assert 0 < sum(count > 1 for count in counts.values()) < len(counts) / 2
    times = [record.time for record in records]
    assert times != sorted(times)
    assert {"call.ended", "call.dispositioned", "shift.planned", "queue.measured"} <= {r.type for r in records}


async def test_with_a_roster_the_phone_system_keeps_its_own_names(tmp_path: Path) -> None:
    roster = tmp_path / "roster.json"
    came = await run(roster=roster)
    written = json.loads(roster.read_text("utf-8"))
    assert written == came.played.reps
    assert set(written) == {agent.name for agent in small_day().agents}
    assert {call.rep for call in ended(read_ami(came.heard)) if call.rep is not None} <= set(written)


async def test_the_queue_log_of_the_day_is_kept_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "queue_log"
    came = await run(queue_log=path)
    from_ami = {fact.id for fact in facts(read_ami(came.heard))}
    from_log = facts(read_log(path.read_bytes()))
    assert len(from_log) > 100
    assert {fact.id for fact in from_log} <= from_ami


async def test_a_refusal_ends_the_day_and_says_why() -> None:
    async with serving(StandInDesk(refuses="lose").app()) as url:
        player = Player(small_day(), told(desk=url))
        hearing = asyncio.create_task(_hear(player))
        with pytest.raises(RefusedError, match=r"the desk refused deal-\d+-lose: 409 urn:kvota:problem:refused"):
            async with player.playing():
                pass
        await hearing


async def test_a_service_that_stays_away_is_named() -> None:
    player = Player(small_day(), told(desk="http://127.0.0.1:1", patience_s=0.01))
    with pytest.raises(UnreachableError, match=r"the desk does not answer at http://127\.0\.0\.1:1: ConnectError"):
        async with player.playing():
            pass


async def test_a_day_that_runs_by_the_clock_is_over_in_its_time() -> None:
    """Two hours at 7,200 times the speed are a second."""
    player = Player(small_day(), told(speed=7_200))
    hearing = asyncio.create_task(_hear(player))
    async with player.playing():
        await player.drained()
    assert len(ended(read_ami(await hearing))) == small_day().figures.calls


async def test_the_process_plays_once_and_tells_the_truth() -> None:
    desk, door = StandInDesk(), StandInDoor()
    async with serving(desk.app()) as desk_url, serving(door.app()) as door_url:
        options = ["--seed=7", f"--day={TUESDAY}", "--reps=8", "--hours=2", "--speed=0", "--once", "--ami=127.0.0.1:0"]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.simulator", *options, f"--desk={desk_url}", f"--door={door_url}"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        while b"phone_system_listens" not in (line := await process.stderr.readline()):
            assert line, "it ended before it listened"
        with hanging_up(await Listener.connect(json.loads(line)["port"])) as listener:
            heard = await listener.to_the_end()
        out, _ = await process.communicate()
    assert process.returncode == 0
    truth = json.loads(out)
    assert truth["calls"] == len(ended(read_ami(heard)))
    assert truth["deals"] == small_day().figures.as_dict()["deals"]
    assert set(truth["roster"]) == set(truth["agents"])


def test_the_figures_can_be_had_without_playing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--figures", "--seed", "7", "--day", str(TUESDAY), "--reps", "8", "--hours", "2"]) == 0
    truth = json.loads(capsys.readouterr().out)
    assert truth["agents"] == small_day().figures.as_dict()["agents"]
    assert (truth["seed"], truth["day"], truth["roster"]) == (7, "2026-11-24", {})


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--reps=1", "--reps or KVOTA_SIMULATOR_REPS: Input should be greater than or equal to 4"),
        ("--ami=127.0.0.1:99999", "--ami or KVOTA_SIMULATOR_AMI: a port is less than 65536"),
        (
            "--secret-file=/nowhere/at/all",
            "--secret-file or KVOTA_SIMULATOR_SECRET_FILE: Path does not point to a file",
        ),
    ],
)
def test_a_wrong_option_is_named(option: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--figures", option]) == 2
    assert capsys.readouterr().err == said + "\n"


async def test_a_process_that_is_told_to_stop_stops() -> None:
    options = ["--reps=8", "--hours=2", "--speed=600", "--ami=127.0.0.1:0", "--desk=", "--door="]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.simulator", *options), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    while b"phone_system_listens" not in (line := await process.stderr.readline()):
        assert line, "it ended before it listened"
    with hanging_up(await Listener.connect(json.loads(line)["port"])) as listener:
        listener.ask("Ping")
        await listener.until(b"QueueMemberAdded")
        process.terminate()
        assert await process.wait() == 0


def test_the_environment_is_read_and_the_command_line_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVOTA_SIMULATOR_SEED", "11")
    monkeypatch.setenv("KVOTA_SIMULATOR_AMI", "0.0.0.0:5038")
    settings = SimulatorSettings.told(["--seed", "12"])
    assert (settings.seed, settings.address().port) == (12, 5038)
    assert settings.plan(CompanySettings(currency="EUR")).currency == "EUR"


def test_the_deals_of_a_day_are_asked_for_in_the_order_of_time() -> None:
    day = small_day()
    moments = [command.at for command in (*day.setup, *day.commands)]
    assert moments == sorted(moments)
    assert len({command.name for command in (*day.setup, *day.commands)}) == len(moments)
    assert day.setup[-1].at < day.starts
