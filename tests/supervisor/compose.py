"""docker-compose.yml and the image that it builds, read, and what its services make of what they are told."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from pydantic_settings import BaseSettings

S = TypeVar("S", bound=BaseSettings)

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted({*SERVICES} - {"kafka"})


@dataclass(frozen=True, slots=True)
class Instruction:
    """A line of the Dockerfile."""

    kind: str
    words: tuple[str, ...]


def _instruction(line: str) -> Instruction:
    kind, *words = line.split()
    return Instruction(kind, tuple(words))


DOCKERFILE = tuple(
    _instruction(line) for line in SERVICES["vault"]["build"]["dockerfile_inline"].splitlines() if line.strip()
)


def all_words(kind: str) -> list[tuple[str, ...]]:
    """Give the words of all instructions of a kind."""
    return [each.words for each in DOCKERFILE if each.kind == kind]


IMAGE = dict(word.split("=", 1) for words in all_words("ENV") for word in words)
"""What every container of the image is told."""
HOME = IMAGE["KVOTA_HOME"]


def said(service: str) -> dict[str, str | None]:
    """Give the environment of a service, as it is written."""
    written: dict[str, str | None] = SERVICES[service].get("environment", {})
    return written


def environment(service: str, **told: str) -> dict[str, str]:
    """Give what a container is told; a name without a value is passed on from who starts it, if it is there."""
    values = {name: told.get(name) if value is None else value for name, value in said(service).items()}
    return IMAGE | {name: value for name, value in values.items() if value is not None}


def settings_classes(service: str) -> list[type[BaseSettings]]:
    """Give the settings that the process of a service reads."""
    module = SERVICES[service]["command"][2]
    found = find_spec(module)
    assert found is not None
    main = import_module(f"{module}.__main__" if found.submodule_search_locations else module)
    return [each for each in vars(main).values() if isinstance(each, type) and issubclass(each, BaseSettings)]


def variables(service: str) -> set[str]:
    """Give the names of all the variables that a service reads."""
    return {
        f"{each.model_config.get('env_prefix', '')}{field}".upper()
        for each in settings_classes(service)
        for field in each.model_fields
    }


class Reading:
    """What settings are made of an environment, in which this process's own is not seen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Read with this monkeypatch's help."""
        self._monkeypatch = monkeypatch

    def one(self, kind: type[S], told: Mapping[str, str]) -> S:
        """Make settings of one class."""
        with self._monkeypatch.context() as patched:
            for name in [name for name in os.environ if name.startswith("KVOTA_")]:
                patched.delenv(name)
            for name, value in told.items():
                patched.setenv(name, value)
            return kind()

    def all(self, service: str, told: Mapping[str, str]) -> list[BaseSettings]:
        """Make all settings that the process of a service reads."""
        return [self.one(kind, told) for kind in settings_classes(service)]
