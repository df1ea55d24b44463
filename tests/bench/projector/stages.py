"""Where a worker's time goes: every few milliseconds, the CPU that a thread has used since is put down to what it does.

Only Python's own threads are looked at, by the innermost frame that is known; threads of libraries are the rest.
"""

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_EVERY_S = 0.004
_ROOT = str(Path(__file__).resolve().parents[3]) + os.sep

_STAGES = (
    ("events/law.py", "", "seen"),
    ("services/projector/judging.py", "learned", "seen"),
    ("/events/", "", "decode"),
    ("services/projector/judging.py", "", "decode"),
    ("projections/rows.py", "", "load"),
    ("projections/fold.py", "_cells", "sql"),
    ("projections/fold.py", "", "load"),
    ("services/runtime/ticks.py", "", "encode"),
    ("services/runtime/shard_cells.py", "", "merge"),
    ("projections/cells.py", "", "merge"),
    ("aiokafka/consumer/", "", "fetch"),
    ("aiokafka/protocol/", "", "fetch"),
    ("aiokafka/record/", "", "fetch"),
    ("aiokafka/producer/", "", "append"),
    ("aiokafka/", "", "fetch"),
    ("services/projector/transport/", "", "transport"),
    ("faust/", "", "transport"),
    ("mode/", "", "transport"),
)
"""Part of a file's name, a function, and the stage that it belongs to; the first that fits."""


def stage_of(frame: FrameType | None) -> str:
    """Name the stage that a thread is in: of the innermost frame that says so, else our innermost file, else `loop`."""
    ours = "loop"
    while frame is not None:
        code = frame.f_code
        for part, function, stage in _STAGES:
            if part in code.co_filename and function in ("", code.co_name):
                return stage
        if ours == "loop" and code.co_filename.startswith(_ROOT + "services"):
            ours = code.co_filename.removeprefix(_ROOT)
        frame = frame.f_back
    return ours


@contextmanager
def watched(file: Path) -> Generator[None]:
    """Watch the threads for a block; in the end write the seconds of each stage to a file, as JSON."""
    over = threading.Event()
    spent: dict[str, float] = defaultdict(float)
    watcher = threading.Thread(target=_watch, args=(spent, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        spent["rest"] = max(0.0, time.process_time() - sum(spent.values()) - spent.pop("watching"))
        file.write_text(json.dumps(dict(spent)), "utf-8")


def _watch(spent: dict[str, float], over: threading.Event) -> None:
    before: dict[int, float] = {}
    while not over.wait(_EVERY_S):
        frames = sys._current_frames()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]  # Python's own way to look
        for thread in threading.enumerate():
            if thread.ident is None or thread is threading.current_thread():
                continue
            used = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
            known = before.get(thread.ident, 0.0)
            before[thread.ident] = used
            if used > known:
                spent[stage_of(frames.get(thread.ident))] += used - known
    spent["watching"] = time.thread_time()
