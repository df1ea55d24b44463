"""`kvota projections`: what the numbers are made by, and whether both ends agree."""

import asyncio
from typing import Annotated

import typer

from services.cli.options import AsJson, Version, archive, kafka
from services.cli.output import answer_no, print_json, print_rows
from services.runtime.errors import ClearError

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_projections(*, json: AsJson = False) -> None:
    """Name every projection, the question that it answers, and its key."""
    from projections.projection import load_projections

    rows: list[dict[str, str | int | None]] = [
        {
            "projection": each.name,
            "question": each.question,
            "key": ", ".join(each.keys),
            "measures": ", ".join(measure.name for measure in each.measures),
        }
        for each in load_projections().values()
    ]
    if json:
        print_json(rows)
    else:
        print_rows("Projections", rows)


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="One projection; all of them without it.")] = None,
    *,
    version: Version = 1,
    json: AsJson = False,
) -> None:
    """Compare the live cells with history at one cut; exits 1 when they differ, and names each cell."""
    from services.history.agreement import agreement
    from services.history.rendering import written_positions

    with archive() as history:
        chosen = history.projections
        if name is not None:
            chosen = {name: history.projection(name)}
        found = asyncio.run(agreement(kafka("verify"), version, history, chosen))
    if not found.cut:
        message = "nothing is live yet: start a projector, then verify"
        raise ClearError(message)
    if json:
        differences = [str(difference) for difference in found.differences]
        as_of = written_positions(found.cut)
        print_json({"agree": not differences, "cells": found.cells, "as_of": as_of, "differences": differences})
    else:
        for difference in found.differences:
            typer.echo(str(difference))
        typer.echo(f"{found.cells} cells compared, {len(found.differences)} differ")
    if found.differences:
        answer_no()
