"""The whole local stack, as `kvota up` starts it: every service, on ports of its own."""

from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from services.supervisor.plan import Ports
from tests.callers import bearer
from tests.cli.commands import kvota
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


def test_all_of_it_gets_ready_a_decision_reaches_the_board_and_nothing_is_left(stack_home: Path, ports: Ports) -> None:
    told = kvota("status", "--json", home=stack_home)
    assert told.code == 0
    pids = [program["pid"] for program in told.json if program["pid"]]
    assert {program["state"] for program in told.json} == {"ready", "done"}
    with httpx.Client(base_url=ports.url("desk"), headers=bearer(stack_home, "manager"), timeout=30) as desk:
        unit = desk.post("/v1/units", json={"kind": "team", "title": "Отдел продаж"}).json()["unit"]
        rep = desk.post("/v1/reps", json={"name": "Анна Иванова", "unit": unit, "post": "rep"}).json()["rep"]
        opened = desk.post(
            "/v1/deals", json={"customer": "c", "rep": rep, "amount_minor": 700, "currency": "RUB"}
        ).json()
        assert desk.post(f"/v1/deals/{opened['deal']}/win").status_code == httpx.codes.CREATED

    def on_the_board() -> bool:
        board = httpx.get(f"{ports.url('wallboard')}/v1/board", timeout=30).json()
        return [(row["name"], row["won_minor"]) for row in board["leaderboard"]] == [("Иванова А.", 700)]

    assert eventually(on_the_board)
    kafka, door = f"127.0.0.1:{ports.kafka}", str(ports.history)
    asked = partial(kvota, home=stack_home, KVOTA_KAFKA_BOOTSTRAP_SERVERS=kafka, KVOTA_HISTORY_PORT=door)
    verified = asked("projections", "verify", "--json")
    assert (verified.code, verified.json["agree"]) == (0, True)
    report = asked("report", "rep_day", "--json")
    assert [row["won_minor"] for row in report.json["rows"]] == [{"RUB": 700}]
    assert kvota("down", home=stack_home).out == "stopped\n"
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert kvota("status", home=stack_home).code == 1
