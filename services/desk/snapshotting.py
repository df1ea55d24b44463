"""`python -m services.desk.snapshotting`: reads the log to its end, from the last snapshot on, and writes the next.

The desk has it done by a process of its own while it goes on deciding, one at a time in a home.
"""

import asyncio
import gc
import sys
from pathlib import Path

import structlog

from services.desk.fold import Fold
from services.desk.log import PARTITION, DecisionLog, goes_on
from services.desk.snapshot import FILE_NAME, restored, save
from services.runtime.child import dies_with_parent
from services.runtime.errors import ClearError
from services.runtime.lock import own
from services.runtime.log import consumer, read_to_end
from services.runtime.logging import configure_logging
from services.runtime.settings import HomeSettings, KafkaSettings

_log = structlog.get_logger()


async def take(kafka: KafkaSettings, path: Path) -> int:
    """Write the snapshot of the log as it is now; its position."""
    gc.disable()
    fold = restored(path)
    async with consumer(kafka) as reader:
        if not await goes_on(reader, fold):
            fold = Fold()
        async for record in read_to_end(reader, PARTITION, fold.position):
            fold.take(record.offset, record.value)
    save(fold, path)
    return fold.position


async def keep(decisions: DecisionLog, every: int) -> None:
    """Have a snapshot taken whenever so many decisions have come since the last, until cancelled."""
    taken = decisions.fold.position
    while True:
        await decisions.reached(taken + every)
        taken = decisions.fold.position
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, preexec_fn=dies_with_parent())
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            raise
        if code:
            _log.warning("snapshot_failed", code=code)


def main() -> int:
    """Take one; 0 as well where another process of this home is at it."""
    configure_logging()
    path = HomeSettings().home / FILE_NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        own(path.with_suffix(".lock"), within_s=0)
    except BlockingIOError:
        return 0
    try:
        position = asyncio.run(take(KafkaSettings(client_id="snapshot"), path))
    except ClearError as error:
        _log.critical("snapshot_failed", reason=str(error))
        return 1
    _log.info("snapshot_taken", path=str(path), position=position, bytes=path.stat().st_size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
