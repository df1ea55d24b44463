"""The whole local stack for tests, as `kvota up` starts it, on ports of its own."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.supervisor import control
from services.supervisor.plan import Ports

_NOON = 12


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that runs: its home, where its programs answer, and where the company is."""

    home: Path
    ports: Ports
    zone: ZoneInfo


@contextmanager
def running(home: Path, installed: Path) -> Generator[Running]:
    """Run the stack in a home for a block; Kafka is installed in another.

    The company is where it is about noon: no business day ends meanwhile.
    """
    zone = ZoneInfo(f"Etc/GMT{datetime.now(UTC).hour - _NOON:+d}")
    ports = Ports.free()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KVOTA_COMPANY_TIME_ZONE", zone.key)
        try:
            control.start(home, ports, installed=installed)
            yield Running(home, ports, zone)
        finally:
            control.stop(home)
