"""What the local stack consists of, who needs whom, and where each answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.ports import HOST, free_port, require_free
from services.runtime.settings import Settings
from services.supervisor.program import Program

Port = Annotated[int, Field(ge=1, le=65_535)]


class Ports(Settings):
    """The port of each program on this machine: KVOTA_WALLBOARD_PORT and so on, or the usual one."""

    model_config = SettingsConfigDict(
        frozen=True,
        populate_by_name=True,
        env_ignore_empty=True,
        alias_generator=lambda name: f"KVOTA_{name.upper()}_PORT",
    )

    kafka: Port = 9092
    wallboard: Port = 8700
    desk: Port = 8701
    vault: Port = 8702
    feeds: Port = 8703
    watch: Port = 8704
    simulator: Port = 8705
    projector: Port = 8706
    history: Port = 8707

    @classmethod
    def free(cls) -> "Ports":
        """Ports that are free now; raises PortError when the machine seems to have none."""
        ports: dict[str, int] = {}
        for name in cls.model_fields:
            ports[name] = free_port(*ports.values())
        return cls.model_validate(ports)

    def require_free(self) -> "Ports":
        """These ports, which must be free; raises PortError that names the first one that is taken."""
        for variable, port in self.environment().items():
            require_free(int(port), f"choose another one by {variable}")
        return self

    def environment(self) -> dict[str, str]:
        """The variables that say so."""
        return {name: str(port) for name, port in self.model_dump(by_alias=True).items()}

    def url(self, name: str) -> str:
        """Where a program answers HTTP."""
        return f"http://{HOST}:{getattr(self, name)}"


def stack(
    home: Path, ports: Ports, *, installed: Path | None = None, simulated: Sequence[str] | None = None
) -> tuple[Program, ...]:
    """The programs of the whole local stack, on files in `home`.

    `installed` is where Kafka is installed, when that is another place. With `simulated`, which tells a simulator of a
    day, one program more plays that, and feeds listens to its phone system; the watch lives by the clock, and is left
    out.
    """
    kafka = f"{HOST}:{ports.kafka}"
    shared = {"KVOTA_HOME": str(home), "KVOTA_KAFKA_BOOTSTRAP_SERVERS": kafka}
    broker = (f"--port={ports.kafka}", f"--data-dir={home / 'broker'}")
    listening = _listening(home, ports) if simulated is not None else {}

    def serving(name: str, *after: str, **own: str) -> Program:
        listen = {f"KVOTA_{name.upper()}_HOST": HOST, f"KVOTA_{name.upper()}_PORT": str(getattr(ports, name))}
        environment = {**shared, **listen, **own}
        return Program(name, f"services.{name}", environment=environment, url=ports.url(name), after=after)

    return (
        Program("kafka", "services.broker", broker, {"KVOTA_HOME": str(installed or home)}, port=ports.kafka),
        Program("topics", "services.supervisor.topics", environment=shared, after=("kafka",), once=True),
        serving("vault"),
        serving("projector", "topics", KVOTA_PROJECTOR_INSTANCE="stack"),
        serving("history", "topics"),
        serving("desk", "topics", "vault", KVOTA_DESK_VAULT_URL=ports.url("vault")),
        serving("feeds", "topics", KVOTA_FEEDS_VAULT_URL=ports.url("vault"), **listening),
        *([serving("watch", "history", KVOTA_WATCH_HISTORY_URL=ports.url("history"))] if simulated is None else []),
        serving("wallboard", "projector", KVOTA_WALLBOARD_VAULT_URL=ports.url("vault")),
        *([_simulator(home, ports, simulated)] if simulated is not None else []),
    )


def queue_log(home: Path) -> Path:
    """Where the simulated phone system keeps its queue_log."""
    return home / "simulator" / "queue_log"


def _listening(home: Path, ports: Ports) -> dict[str, str]:
    return {
        "KVOTA_FEEDS_AMI": f"{HOST}:{ports.simulator}",
        "KVOTA_FEEDS_AMI_SECRET": "any",  # the simulated phone system lets everybody in
        "KVOTA_FEEDS_QUEUE_LOG": str(queue_log(home)),
    }


def _simulator(home: Path, ports: Ports, simulated: Sequence[str]) -> Program:
    told = (
        *simulated,
        f"--ami={HOST}:{ports.simulator}",
        f"--desk={ports.url('desk')}",
        f"--door={ports.url('feeds')}",
        f"--queue-log={queue_log(home)}",
    )
    return Program("simulator", "services.simulator", told, {"KVOTA_HOME": str(home)}, once="--once" in simulated)
