"""How a peer is asked: a line of JSON at its standard input, and one for an answer. What else it says goes to a log."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from tests.bench.history.questions import LOAD, Answer, Asked


class Peer(Protocol):
    """Who is asked."""

    def load(self, spool: Path) -> dict[str, Any]:
        """Take in all records, of those with the same id the first; figures of its own, if it has any."""
        ...

    def ask(self, path: str, question: str) -> Answer:
        """Answer a question of a path."""
        ...

    def close(self) -> None:
        """Stop what it started."""
        ...


def serve(make: Callable[[Path, Asked], Peer]) -> None:
    """Answer until nobody asks any more. Arguments: a folder of its own, the file of the records, what it is about."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    folder, spool, asked = sys.argv[1:]
    peer = make(Path(folder), Asked(**json.loads(asked)))
    try:
        for told in _told(peer, Path(spool)):
            answers.write(json.dumps(told) + "\n")
            answers.flush()
    finally:
        peer.close()


def _told(peer: Peer, spool: Path) -> Iterator[dict[str, Any]]:
    yield {}  # it has started
    for line in sys.stdin:
        path, question = json.loads(line)
        before = time.perf_counter()
        done = peer.load(spool) if path == LOAD else peer.ask(path, question)
        yield {"told": done, "wall_s": time.perf_counter() - before}
