"""docker-compose.yml is the stack of `kvota up` in containers, and its Kafka the local broker's twin."""

import base64
import json
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import distribution
from pathlib import Path

import jsonschema
import pytest
from pydantic import SecretStr

from services.broker.jars import KAFKA_VERSION
from services.broker.properties import SETTINGS
from services.feeds.asterisk.live.feed import LiveAsterisk
from services.feeds.company import read_company
from services.feeds.live.sources import asterisk
from services.feeds.settings import FeedsSettings
from services.runtime.auth.settings import AuthSettings
from services.runtime.ports import HOST
from services.runtime.settings import CompanySettings, HomeSettings
from services.simulator.settings import SimulatorSettings
from services.supervisor.plan import Ports, stack
from services.supervisor.program import Program
from tests.supervisor.compose import (
    COMPOSE,
    HOME,
    OURS,
    SERVICES,
    TEXT,
    Reading,
    environment,
    said,
    settings_classes,
    variables,
)

SCHEMA = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
EVERYWHERE = "0.0.0.0"  # noqa: S104  # inside a container; what is published is another test's question
PORTS = Ports.model_construct(kafka=19092)
"""Where the containers listen: as `kvota up` does, but for Kafka, whose 9092 is for this machine."""
STACK = {program.name: program for program in stack(Path(HOME), PORTS)}
PROGRAMS = sorted({*STACK} - {"kafka"})
ANSWERING = sorted(name for name, program in STACK.items() if program.url)
READY = {"condition": "service_healthy"}
DONE = {"condition": "service_completed_successfully"}


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    """Give what makes settings of an environment."""
    return Reading(monkeypatch)


def test_the_file_is_valid() -> None:
    schema = Path(str(distribution("check-jsonschema").locate_file(SCHEMA)))
    jsonschema.validate(COMPOSE, json.loads(schema.read_text(encoding="utf-8")))


def test_the_broker_has_the_local_brokers_version_and_settings() -> None:
    kafka = SERVICES["kafka"]
    assert kafka["image"] == f"apache/kafka:{KAFKA_VERSION}"
    assert kafka["user"] != "0:0"
    expected = {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in SETTINGS.items()}
    assert expected.items() <= kafka["environment"].items()
    assert kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"] == "HOST://localhost:9092,INSIDE://kafka:19092"


def test_the_cluster_id_is_one_that_kafka_takes() -> None:
    assert len(base64.urlsafe_b64decode(SERVICES["kafka"]["environment"]["CLUSTER_ID"] + "==")) == 16


def test_the_services_are_the_programs_of_the_stack_and_for_the_demo_the_simulator() -> None:
    assert {name: service.get("profiles") for name, service in SERVICES.items()} == {
        **dict.fromkeys(STACK),
        "simulator": ["demo"],
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_service_runs_the_module_of_the_stack_after_what_it_needs(name: str) -> None:
    program = STACK[name]
    assert SERVICES[name]["command"] == ["python", "-m", program.module, *program.arguments]
    needs = {need: DONE if STACK[need].once else READY for need in program.after}
    assert SERVICES[name].get("depends_on", {}) == needs


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_service_makes_the_same_of_what_it_is_told_as_in_the_stack(name: str, reading: Reading) -> None:
    found = reading.all(name, environment(name))
    assert found
    assert found == reading.all(name, in_containers(STACK[name]))


def in_containers(program: Program) -> dict[str, str]:
    """Give what the local stack tells a program, with the addresses that containers see each other by."""
    seen = {name: _seen(name, value) for name, value in program.environment.items()}
    return seen | {"KVOTA_AUTH_OWN_KEY_ANYWHERE": "true"}  # since containers listen everywhere, and are published here


def _seen(name: str, value: str) -> str:
    if name.endswith("_HOST"):
        assert value == HOST
        return EVERYWHERE
    for other, port in PORTS.model_dump().items():
        value = value.replace(f"{HOST}:{port}", f"{other}:{port}")
    return value


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_told_nothing_that_it_does_not_read(name: str) -> None:
    assert said(name).keys() - said("topics").keys() <= variables(name)


def test_what_all_services_are_told_is_read_by_some() -> None:
    assert said("topics").keys() <= {variable for service in OURS for variable in variables(service)}


@pytest.mark.parametrize("name", [name for name in OURS if CompanySettings in settings_classes(name)])
def test_the_company_is_as_whoever_starts_it_says(name: str, reading: Reading) -> None:
    told = {"KVOTA_COMPANY_CURRENCY": "KZT", "KVOTA_COMPANY_COUNTRY": "KZ", "KVOTA_COMPANY_TIME_ZONE": "Asia/Almaty"}
    company = reading.one(CompanySettings, environment(name, **told))
    assert company.model_dump() == {"currency": "KZT", "country": "KZ", "time_zone": "Asia/Almaty"}


@pytest.mark.parametrize("name", ANSWERING)
def test_a_service_answers_where_it_does_in_the_stack_and_its_health_is_asked_there(
    name: str, reading: Reading
) -> None:
    port = getattr(PORTS, name)
    told = [each.model_dump() for each in reading.all(name, environment(name))]
    assert [(each["host"], each["port"]) for each in told if "port" in each] == [(EVERYWHERE, port)]
    assert SERVICES[name]["ports"] == [f"{HOST}:{port}:{port}"]
    assert STACK[name].url == f"http://{HOST}:{port}"
    asking = SERVICES[name]["healthcheck"]["test"]
    assert re.findall(r"'(http.*?)'", asking[-1]) == [f"http://127.0.0.1:{port}/readyz"]
    assert asking == [word.replace(str(PORTS.desk), str(port)) for word in SERVICES["desk"]["healthcheck"]["test"]]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_a_healthcheck_passes_once_a_service_is_ready(status: int, code: int) -> None:
    kind, python, *options, asking = SERVICES["desk"]["healthcheck"]["test"]
    assert (kind, python) == ("CMD", "python")
    with answering(status) as port:
        command = [sys.executable, *options, asking.replace(str(PORTS.desk), str(port))]
        assert subprocess.run(command, capture_output=True, check=False).returncode == code


@contextmanager
def answering(status: int) -> Generator[int]:
    """Answer every question with this status; gives the port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the base class's name for it
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with HTTPServer((HOST, 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", [name for name in OURS if AuthSettings in settings_classes(name)])
def test_whoever_asks_is_known_as_whoever_starts_it_says(name: str, reading: Reading) -> None:
    told = {
        "KVOTA_AUTH_ISSUER": "https://login.example.com",
        "KVOTA_AUTH_AUDIENCE": "sales",
        "KVOTA_AUTH_SERVICE_KEY": "kvota_1_2",
        "KVOTA_AUTH_ROLE_CLAIM": "groups",
        "KVOTA_AUTH_REP_CLAIM": "employee",
        "KVOTA_AUTH_UNIT_CLAIM": "department",
    }
    auth = reading.one(AuthSettings, environment(name, **told))
    assert (auth.issuer, auth.audience, auth.jwks_url) == ("https://login.example.com", "sales", None)
    assert (auth.role_claim, auth.rep_claim, auth.unit_claim) == ("groups", "employee", "department")
    assert auth.service_key == SecretStr("kvota_1_2")
    auth.require_for(EVERYWHERE)


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(published) == len(ANSWERING) + 1
    assert [port for port in published if not port.startswith(f"{HOST}:")] == []


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_started_again_and_has_no_privileges(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == ("on-failure:3" if name == "topics" else "unless-stopped")
    assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_writes_to_a_volume_what_it_keeps_and_elsewhere_nothing(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["tmpfs"]) == (True, ["/tmp"])  # noqa: S108  # the container's own
    classes = settings_classes(name)
    keeps = {f"{name}-data": HOME} if HomeSettings in classes else {}
    keeps |= {"auth-data": f"{HOME}/auth"} if AuthSettings in classes else {}
    assert service.get("volumes", []) == [f"{volume}:{place}" for volume, place in keeps.items()]
    assert keeps.keys() <= COMPOSE["volumes"].keys()


def test_in_the_demo_feeds_listens_to_the_simulator(reading: Reading) -> None:
    (command,) = (line.strip("# ") for line in TEXT.splitlines() if "--profile demo" in line)
    told = dict(word.split("=", 1) for word in shlex.split(command) if re.match(r"[A-Z_]+=", word))
    listens = listening(reading, **told)
    plays = reading.one(SimulatorSettings, environment("simulator"))
    assert listens is not None
    assert (listens.manager.host, listens.manager.port) == ("simulator", plays.address().port)
    assert (plays.address().host, plays.secret_file) == (EVERYWHERE, None)  # whoever asks may log in
    assert listening(reading) is None


def listening(reading: Reading, **told: str) -> LiveAsterisk | None:
    """Give the phone system that feeds listens to."""
    settings = reading.one(FeedsSettings, environment("feeds", **told))
    return asterisk(settings, read_company("UTC"), Path(HOME), patient=True)


def test_the_simulator_reaches_its_doors_once_they_are_open(reading: Reading) -> None:
    plays = reading.one(SimulatorSettings, environment("simulator"))
    assert (plays.desk, plays.door) == (f"http://desk:{PORTS.desk}", f"http://feeds:{PORTS.feeds}")
    assert SERVICES["simulator"]["command"] == ["python", "-m", "services.simulator"]
    assert SERVICES["simulator"]["depends_on"] == {"desk": READY, "feeds": READY}
