"""`kvota projections`: what the numbers are made by, and whether both ends agree."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.history import history
from services.cli.options import AsJson, Version, home, kafka
from services.cli.output import answer_no, print_bytes, print_json, print_rows

if TYPE_CHECKING:
    from services.cli.rebuilding import Promotion, Rebuilding
    from services.runtime.versions import Versions

app = typer.Typer(no_args_is_help=True)
KeepHours = Annotated[int, typer.Option(min=0, help="How long a version that no longer serves is kept.")]


@app.command("list")
def list_projections(*, json: AsJson = False) -> None:
    """Name every projection, the question that it answers, its key, and how long its cells stay live."""
    from projections.horizon import written
    from projections.projection import load_projections

    rows: list[dict[str, str | int | None]] = [
        {
            "projection": each.name,
            "question": each.question,
            "key": ", ".join(each.keys),
            "measures": ", ".join(measure.name for measure in each.measures),
            "live": written(each.live),
        }
        for each in load_projections().values()
    ]
    if json:
        print_json(rows)
    else:
        print_rows("Projections", rows)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Projections by name; all of them without it.")] = None,
    *,
    version: Version = None,
    json: AsJson = False,
) -> None:
    """Compare the live cells with history at one cut; exits 1 when they differ, and names each cell."""
    import msgspec

    with history() as asked:
        line = asked.verify(version, names or [])
    found = msgspec.json.decode(line)
    if json:
        print_bytes(line)
    else:
        for difference in found["differences"]:
            typer.echo(difference)
        typer.echo(f"{found['cells']} cells compared, {len(found['differences'])} differ")
    if not found["agree"]:
        answer_no()


@app.command()
def versions(*, json: AsJson = False) -> None:
    """List the versions of the live cells, and say which one serves."""
    import asyncio

    from services.runtime.versions import read_versions

    told = asyncio.run(read_versions(kafka("versions")))
    rows = [_version_row(told, version) for version in sorted({*told.promoted, *told.known})]
    if json:
        print_json({"serving": told.serving, "versions": rows})
    else:
        print_rows(f"Version {told.serving} serves", rows)


def _version_row(told: "Versions", version: int) -> dict[str, str | int | None]:
    from datetime import UTC, datetime

    known = told.known.get(version)
    since = datetime.fromtimestamp(known.since_ms / 1000, UTC).isoformat(timespec="seconds") if known else None
    if version == told.serving:
        stage = "serving"
    elif version in told.promoted:
        stage = "kept"
    else:
        stage = str(told.known[version].standing.stage)
    return {"version": version, "stage": stage, "since": since}


@app.command()
def rebuild(*, keep_hours: KeepHours = 24, json: AsJson = False) -> None:
    """Make the live cells anew from history as the next version, and have it serve once it has caught up and agrees."""
    import asyncio

    with _rebuilding(keep_hours) as rebuilding:
        _tell(asyncio.run(rebuilding.rebuild()), json=json)


@app.command()
def promote(
    version: Annotated[int, typer.Argument(min=1, help="The one that shall serve; also an older one, to go back.")],
    *,
    keep_hours: KeepHours = 24,
    json: AsJson = False,
) -> None:
    """Have a version serve once it has caught up with the one that serves, and agrees with history."""
    import asyncio

    with _rebuilding(keep_hours) as rebuilding:
        _tell(asyncio.run(rebuilding.promote(version)), json=json)


@contextmanager
def _rebuilding(keep_hours: int) -> "Generator[Rebuilding]":
    from rich.console import Console

    from services.cli.rebuilding import Rebuilding

    home().mkdir(parents=True, exist_ok=True)
    with Console(stderr=True).status("Looking…") as shown:
        yield Rebuilding(kafka("rebuild"), home() / "rebuild.log", timedelta(hours=keep_hours), shown.update)


def _tell(done: "Promotion", *, json: bool) -> None:
    from dataclasses import asdict

    if json:
        print_json(asdict(done))
    else:
        for difference in done.differed:
            typer.echo(difference)
        if done.differed:
            typer.echo(f"version {done.before}, which served until now, differed from history")
        typer.echo(f"version {done.version} serves in place of {done.before}: {done.cells} cells compared, 0 differ")
    if not done.handed_over:
        typer.echo(f"no other worker keeps version {done.version} up: start `python -m services.projector`", err=True)
        answer_no()
