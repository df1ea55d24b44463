"""The Kafka of docker-compose.yml is the local broker's twin."""

import base64
import json
import subprocess
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from services.broker.jars import KAFKA_VERSION
from services.broker.properties import SETTINGS
from services.runtime.topics import TopicSpec, projector_topics, source_topics

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
SCHEMA = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
TOOL = "/opt/kafka/bin/kafka-topics.sh"
RECORDER = """recorder() { printf '%s\\n' "$*"; }\n"""

Compose = dict[str, Any]


@pytest.fixture
def compose() -> Compose:
    """Return the file as Docker reads it."""
    loaded: Compose = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def test_the_file_is_valid(compose: Compose) -> None:
    schema = Path(str(distribution("check-jsonschema").locate_file(SCHEMA)))
    jsonschema.validate(compose, json.loads(schema.read_text(encoding="utf-8")))


def test_the_broker_has_the_local_brokers_version_and_settings(compose: Compose) -> None:
    kafka = compose["services"]["kafka"]
    assert kafka["image"] == f"apache/kafka:{KAFKA_VERSION}"
    expected = {"KAFKA_" + name.upper().replace(".", "_"): value for name, value in SETTINGS.items()}
    assert expected.items() <= kafka["environment"].items()


def test_the_cluster_id_is_one_that_kafka_takes(compose: Compose) -> None:
    assert len(base64.urlsafe_b64decode(compose["services"]["kafka"]["environment"]["CLUSTER_ID"] + "==")) == 16


def test_the_topics_are_those_of_the_code(compose: Compose) -> None:
    specs = (*source_topics(), *projector_topics(1))
    assert sorted(_made_by(compose), key=_name) == sorted(specs, key=_name)


@pytest.mark.parametrize("service", ["kafka", "topics-init"])
def test_every_service_is_pinned_restarts_and_has_no_privileges(compose: Compose, service: str) -> None:
    declared = compose["services"][service]
    assert declared["image"].endswith(f":{KAFKA_VERSION}")
    assert declared["user"] != "0:0"
    assert declared["cap_drop"] == ["ALL"]
    assert declared["restart"]


def _name(spec: TopicSpec) -> str:
    return spec.name


def _made_by(compose: Compose) -> list[TopicSpec]:
    """Run the service's own script with a recorder in the place of Kafka's tool."""
    [script] = compose["services"]["topics-init"]["command"]
    recorded = subprocess.run(
        ["/bin/bash", "-euc", RECORDER + script.replace("$$", "$").replace(TOOL, "recorder")],
        capture_output=True,
        text=True,
        check=True,
    )
    return [_spec(line.split()) for line in recorded.stdout.splitlines()]


def _spec(words: list[str]) -> TopicSpec:
    assert {"--create", "--if-not-exists"} <= set(words)
    config = dict(word.removeprefix("--config=").split("=", 1) for word in words if word.startswith("--config="))
    return TopicSpec(words[words.index("--topic") + 1], int(words[words.index("--partitions") + 1]), config)
