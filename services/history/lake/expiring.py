"""Expiring: the table forgets early snapshots, of which each push leaves one, and each push writes down them all."""

from collections.abc import Sequence

import structlog
from pyiceberg.exceptions import CommitFailedException

from services.history.lake.lake import Lake, Pushed

log = structlog.get_logger()


def expire(lake: Lake, keep: int) -> Sequence[Pushed]:
    """Forget all snapshots but the latest so many, at least one; gives those that are forgotten.

    All that was pushed is in the latest, so nothing is lost but what was known when; no file is removed. Raises
    LakeAwayError.
    """
    while True:
        lake.look_again()
        forgotten = lake.pushed()[:-keep]
        try:
            if forgotten:
                lake.forget(forgotten)
        except CommitFailedException:
            log.info("expiry_overtaken")
        else:
            return forgotten
