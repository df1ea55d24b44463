"""Two ports that are chosen for one program are never the same."""

import pytest

from services.runtime import ports
from services.runtime.ports import PortError, free_port


def test_a_port_that_is_chosen_already_is_not_chosen_again(monkeypatch: pytest.MonkeyPatch) -> None:
    only = free_port()
    monkeypatch.setattr(ports, "_CHOICE", range(only, only + 1))
    with pytest.raises(PortError, match="No free port"):
        free_port(only)
