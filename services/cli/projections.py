"""`kvota projections`: what the numbers are made by, and whether both ends agree."""

from typing import Annotated

import typer

from services.cli.history import history
from services.cli.options import AsJson, Version
from services.cli.output import answer_no, print_bytes, print_json, print_rows

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
    import msgspec

    with history() as asked:
        line = asked.verify(version, name)
    found = msgspec.json.decode(line)
    if json:
        print_bytes(line)
    else:
        for difference in found["differences"]:
            typer.echo(difference)
        typer.echo(f"{found['cells']} cells compared, {len(found['differences'])} differ")
    if not found["agree"]:
        answer_no()
