"""What tests of the whole stack share: it runs, on ports of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.supervisor import control
from services.supervisor.plan import Ports


@pytest.fixture
def ports() -> Ports:
    """Give free ports to every program."""
    return Ports.free()


@pytest.fixture
def stack_home(home: Path, tmp_path: Path, ports: Ports) -> Iterator[Path]:
    """Give a home in which the stack runs."""
    control.start(tmp_path, ports, installed=home)
    yield tmp_path
    control.stop(tmp_path)
