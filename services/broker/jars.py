"""Kafka's jars: resolved from Maven packages by jgo, and checked against the digests pinned beside this module."""

import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from services.broker.errors import BrokerError

KAFKA_VERSION = "4.3.1"

Progress = Callable[[int, int], None]
"""Told (jars done, jars in all) after every jar."""

# Resolved one by one: resolved together, each one's managed versions would override the other's. Kafka's own package
# names no log4j binding, and without one the broker says nothing, not even why it dies.
_COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
)
_PINS = Path(__file__).with_name("jars.sha256")


def pinned(pins: Path = _PINS) -> dict[str, str]:
    """Return the jars that make up the broker, or what another file pins: name -> SHA-256, in class path order."""
    lines = (line.split() for line in pins.read_text(encoding="ascii").splitlines())
    return {name: digest for digest, name in lines}


def fetch(
    folder: Path, progress: Progress, *, coordinates: Iterable[str] = _COORDINATES, pinned_in: Path = _PINS
) -> None:
    """Bring every pinned jar into `folder`; raises `BrokerError` when one cannot be had or is not what was pinned."""
    pins = pinned(pinned_in)
    missing = dict(pins)
    for source in _resolved(coordinates):
        digest = missing.pop(source.name, None)
        if digest is not None:
            _copy(source, folder / source.name, digest)
            progress(len(pins) - len(missing), len(pins))
    if missing:
        message = f"Kafka {KAFKA_VERSION} is incomplete: the packages lack {', '.join(missing)}."
        raise BrokerError(message)


def _resolved(coordinates: Iterable[str]) -> Iterator[Path]:
    import jgo  # noqa: PLC0415 - only an install needs it, and every start imports this module

    try:
        for coordinate in coordinates:
            for artifact in jgo.resolve(coordinate):
                yield artifact.resolve()
    except (OSError, RuntimeError) as error:  # jgo raises RuntimeError for what no repository has
        reason = str(error).splitlines()[0]
        message = f"Kafka {KAFKA_VERSION} could not be downloaded: {reason}. Check the network and try again."
        raise BrokerError(message) from error


def _copy(source: Path, target: Path, digest: str) -> None:
    content = source.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        message = f"{source.name} is not the file that was pinned: delete {source} and try again."
        raise BrokerError(message)
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    shutil.move(partial, target)
