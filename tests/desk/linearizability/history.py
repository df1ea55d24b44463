"""What clients saw: each operation with when it was asked for, when it was answered, and what the answer was."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["units", "plans", "sales", "leads"]
Value = str | int | None | list[str] | dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a client asked for, once or, under one key, more often."""

    kind: Kind
    arena: str
    """What it is about: operations of different arenas have nothing to do with each other."""
    client: int
    asked: dict[str, Value]
    answer: Value
    """None: nobody knows what came of it."""
    call: int
    back: int | None
    """When the answer was there; None when there was none, so that it may still happen at any time."""


def written(history: Iterable[Operation], path: Path) -> Path:
    """Write a history to a file, a line for each operation."""
    path.write_text("".join(f"{json.dumps(asdict(operation))}\n" for operation in history), "utf-8")
    return path
