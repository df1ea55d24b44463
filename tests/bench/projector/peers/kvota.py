"""Kvota's own worker: `python -m services.projector` with the three projections of the benchmark and no others.

Repetitions are ignored by the law: the ids of each business day, kept in memory and in the cells topic. With a file's
name as the first argument it also says there where its time went, stage by stage; that run is not measured.
"""

import asyncio
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import uvloop

from projections.projection import Projection, load_projection, load_projections
from services.projector.__main__ import run
from services.projector.settings import ProjectorSettings
from services.runtime.logging import configure_logging
from services.runtime.settings import HomeSettings, KafkaSettings
from services.runtime.stopping import stop_when_told
from tests.bench.projector.stages import watched

_OURS = ("rep_day", "queue_interval")
_BENCH_ONLY = Path(__file__).parents[1] / "tactic_day.sql"


def projections() -> dict[str, Projection]:
    """The three projections; as the peers keep every cell, so do we."""
    known = load_projections()
    tactic = load_projection(_BENCH_ONLY.stem, _BENCH_ONLY.read_text("utf-8"))
    return {name: replace(known[name], live=None) for name in _OURS} | {tactic.name: tactic}


async def work() -> None:
    """Work until told to stop."""
    stop: asyncio.Event = stop_when_told()
    await run(ProjectorSettings(), HomeSettings(), KafkaSettings(client_id="projector"), stop, projections())


def main(arguments: list[str]) -> None:
    """Work, and say where the time went if asked."""
    configure_logging()
    watch: AbstractContextManager[None] = watched(Path(arguments[0])) if arguments else nullcontext()
    with watch:
        uvloop.run(work())


if __name__ == "__main__":
    main(sys.argv[1:])
