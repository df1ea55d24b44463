"""`kvota fold`: the cells of a projection over a file, without Kafka."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import AsJson
from services.cli.output import print_json, print_rows
from services.runtime.errors import ClearError


class _Lines:
    """The lines of a file, and how many of those that were read say something."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines, self.said = lines, 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.said += bool(line.strip())
            yield line


def fold(
    projection: Annotated[str, typer.Argument(help="Its name, as in `kvota projections list`.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Records as NDJSON, as the log has them.")],
    *,
    batch: Annotated[int, typer.Option(min=1, help="Records folded at a time: makes no difference.")] = 20_000,
    shuffle: Annotated[int | None, typer.Option(help="Fold in another order, of this seed: no difference.")] = None,
    json: AsJson = False,
) -> None:
    """Fold a file of events into the cells of a projection."""
    from projections.cells import as_rows, without_zeros
    from projections.fold import UnfoldableError
    from projections.fold_file import fold_file
    from projections.projection import load_projections

    known = load_projections()
    if projection not in known:
        message = f"no projection {projection!r}; there are: {', '.join(sorted(known))}"
        raise ClearError(message)
    chosen = known[projection]
    try:
        with file.open("rb") as opened:
            lines = _Lines(opened)
            folded = fold_file(lines, chosen, batch, shuffle)
    except UnfoldableError as error:
        message = f"{file.name} holds what no cell can: {error}"
        raise ClearError(message) from None
    for line in folded.parked:
        typer.echo(f"{file.name}:{line.line}: {line.reason}", err=True)
    if folded.parked and len(folded.parked) == lines.said:
        message = f"{file.name} holds no event: none of its {lines.said} lines can be read"
        raise ClearError(message)
    rows = as_rows(chosen, without_zeros(chosen, folded.cells))
    if json:
        print_json({"projection": chosen.name, "cells": rows, "parked": len(folded.parked)})
    else:
        print_rows(chosen.question, rows)
