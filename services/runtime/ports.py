"""Which ports of this machine are free."""

import secrets
import socket

from services.runtime.errors import ClearError

HOST = "127.0.0.1"
# Below every system's range for outgoing connections: none of those can take the port before its server has it.
_CHOICE = range(20_000, 32_000)
_ATTEMPTS = 100


class PortError(ClearError):
    """A port cannot be had; the text is one clear line."""


def is_free(port: int) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port(*besides: int) -> int:
    """Pick a free port that is none of `besides`; raises PortError when the machine seems to have none."""
    picks = (secrets.choice(_CHOICE) for _ in range(_ATTEMPTS))
    port = next((pick for pick in picks if pick not in besides and is_free(pick)), None)
    if port is None:
        message = f"No free port was found between {_CHOICE.start} and {_CHOICE.stop}."
        raise PortError(message)
    return port


def require_free(port: int, otherwise: str = "choose another port") -> int:
    """Return `port` if it is free; raises PortError that says what to do when it is taken."""
    if not is_free(port):
        message = f"Port {port} is taken by another program: stop that program, or {otherwise}."
        raise PortError(message)
    return port
