"""`kvota fold`: the cells of a projection over a file, without Kafka."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import AsJson
from services.cli.output import print_json, print_rows
from services.runtime.errors import ClearError


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
        with file.open("rb") as lines:
            folded = fold_file(lines, chosen, batch, shuffle)
    except UnfoldableError as error:
        message = f"{file.name} holds what no cell can: {error}"
        raise ClearError(message) from None
    for line in folded.parked:
        typer.echo(f"{file.name}:{line.line}: {line.reason}", err=True)
    rows = as_rows(chosen, without_zeros(chosen, folded.cells))
    if json:
        print_json({"projection": chosen.name, "cells": rows, "parked": len(folded.parked)})
    else:
        print_rows(chosen.question, rows)
