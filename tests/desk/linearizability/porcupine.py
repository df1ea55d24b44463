"""The checker that others wrote: porcupine, built from `checker/` where there is Go and its modules can be had."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp

from tests.desk.linearizability.history import Operation, written

_SOURCE = Path(__file__).parent / "checker"
_GO = ("go", "/usr/local/go/bin/go")
_BUILD_S, _CHECK_S = 300, 600


@cache
def porcupine() -> Path | None:
    """The checker, built; None where there is no Go, or its modules cannot be had."""
    go = next(filter(None, map(shutil.which, _GO)), None)
    if go is None:
        return None
    program = Path(mkdtemp(prefix="kvota-checker-")) / "checker"
    environment = {**os.environ, "GOFLAGS": "-buildvcs=false -mod=readonly"}
    run = partial(subprocess.run, cwd=_SOURCE, env=environment, capture_output=True, text=True, timeout=_BUILD_S)
    if run([go, "mod", "download"], check=False).returncode != 0:
        return None
    built = run([go, "build", "-o", str(program), "."], check=False)
    assert built.returncode == 0, built.stderr
    return program


def broken(program: Path, history: Iterable[Operation], path: Path) -> list[str]:
    """The arenas that the program finds to be broken; the history is left in `path`."""
    ran = subprocess.run(
        [str(program), str(written(history, path))], capture_output=True, text=True, timeout=_CHECK_S, check=False
    )
    assert ran.returncode == 0, ran.stderr
    found: list[str] = json.loads(ran.stdout)
    return found
