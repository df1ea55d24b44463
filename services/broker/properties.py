"""What the local broker is told: Kafka's server properties."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NODE_ID = 1
HOST = "127.0.0.1"

SETTINGS: Mapping[str, str] = {
    # The append time is the broker's word, never the producer's.
    "log.message.timestamp.type": "LogAppendTime",
    # A topic made by accident has the wrong settings for ever.
    "auto.create.topics.enable": "false",
    # One node is all there is.
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A group of one machine has nobody to wait for.
    "group.initial.rebalance.delay.ms": "0",
}
"""What every single-node broker of Kvota shares, wherever it runs."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """The two ports of a combined broker and controller, both on this machine only."""

    clients: int
    controller: int


def server_properties(log_dir: Path, listeners: Listeners) -> str:
    """Return the text of the `server.properties` of a combined node that keeps its data in `log_dir`."""
    clients = f"PLAINTEXT://{HOST}:{listeners.clients}"
    controller = f"{HOST}:{listeners.controller}"
    return _render(
        {
            "process.roles": "broker,controller",
            "node.id": str(NODE_ID),
            "listeners": f"{clients},CONTROLLER://{controller}",
            "advertised.listeners": clients,
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": f"{NODE_ID}@{controller}",
            "log.dirs": str(log_dir),
            **SETTINGS,
        }
    )


def _render(settings: Mapping[str, str]) -> str:
    return "".join(f"{name}={_escaped(value)}\n" for name, value in settings.items())


def _escaped(value: str) -> str:
    """Escape as Java reads properties: ISO 8859-1, with UTF-16 units for the rest of the world's letters."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    letters = (chr(int.from_bytes(units[at : at + 2], "big")) for at in range(0, len(units), 2))
    return "".join(letter if letter.isascii() else f"\\u{ord(letter):04x}" for letter in letters)
