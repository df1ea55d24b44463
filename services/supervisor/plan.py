"""What the local stack consists of, who needs whom, and where each answers."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from services.supervisor.program import Program

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The port of each program on this machine."""

    kafka: int = 9092
    wallboard: int = 8700
    desk: int = 8701
    vault: int = 8702
    feeds: int = 8703
    simulator: int = 8705
    projector: int = 8706
    history: int = 8707

    def url(self, name: str) -> str:
        """Where a program answers HTTP."""
        return f"http://{HOST}:{getattr(self, name)}"

    def as_dict(self) -> dict[str, int]:
        """The ports by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def stack(home: Path, ports: Ports, extra: Mapping[str, Mapping[str, str]] | None = None) -> tuple[Program, ...]:
    """The programs of the whole local stack; `extra` adds to the environment of the programs that it names."""
    kafka = f"{HOST}:{ports.kafka}"
    shared = {"KVOTA_HOME": str(home), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": kafka}

    def serving(name: str, after: tuple[str, ...], **own: str) -> Program:
        listen = {f"KVOTA_{name.upper()}_HOST": HOST, f"KVOTA_{name.upper()}_PORT": str(getattr(ports, name))}
        environment = {**shared, **listen, **own, **(extra or {}).get(name, {})}
        return Program(name, f"services.{name}", environment=environment, url=ports.url(name), after=after)

    return (
        Program("kafka", "services.broker", (f"--port={ports.kafka}",), shared),
        Program("topics", "services.supervisor.topics", environment=shared, after=("kafka",), once=True),
        serving("vault", ()),
        serving("projector", ("topics",), KVOTA_PROJECTOR_INSTANCE="stack"),
        serving("history", ("topics",)),
        serving("desk", ("topics", "vault"), KVOTA_DESK_VAULT_URL=ports.url("vault")),
        serving("feeds", ("topics",)),
        serving("wallboard", ("projector",), KVOTA_WALLBOARD_VAULT_URL=ports.url("vault")),
    )
