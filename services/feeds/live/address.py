"""Where something listens, as a person writes it."""

import re
from dataclasses import dataclass

from services.runtime.errors import ClearError

_ADDRESS = re.compile(r"\[?([^\[\]]+?)\]?:([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_address(written: str, such_as: int) -> Address:
    """Read HOST:PORT; raises ClearError that shows how it is written, with the usual port."""
    found = _ADDRESS.fullmatch(written)
    if found is None or not 0 < int(found[2]) < 2**16:
        message = f"{written!r} is no address: write HOST:PORT, such as 127.0.0.1:{such_as}"
        raise ClearError(message)
    return Address(found[1], int(found[2]))
