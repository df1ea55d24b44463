"""`kvota archive`: the open archive of the log, in Parquet, from which history can be made anew."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import AsJson, Replace, home
from services.cli.output import print_json
from services.cli.segments import tell_restored, tell_verified

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path | None, typer.Option("--from", help="The archive's folder; by default that of Kvota's home.")]


@app.command()
def seal(
    *,
    now: Annotated[bool, typer.Option("--now", help="Seal all there is, not only days that are over.")] = False,
    json: AsJson = False,
) -> None:
    """Write what is due into segments that never change. The history service does it by itself, each minute."""
    from projections.projection import load_projections
    from services.history.archive import FILE_NAME, Archive
    from services.history.segments.sealing import seal as seal_due
    from services.history.settings import HistorySettings

    with Archive(home() / FILE_NAME, load_projections(), HistorySettings().reserve_mb) as archive:
        new = seal_due(archive, _folder(None), now=now)
    _tell("sealed", len(new), sum(each.rows for each in new), json=json)


@app.command()
def compact(*, json: AsJson = False) -> None:
    """Join the small segments of each month that is over."""
    from services.history.segments.compacting import compact as join

    new = join(_folder(None))
    _tell("joined", len(new), sum(each.rows for each in new), json=json)


@app.command()
def verify(folder: Folder = None, *, json: AsJson = False) -> None:
    """Check each segment against the manifest; exits with 1 where one is damaged or missing, and names it."""
    from services.history.segments.checking import problems
    from services.history.segments.manifest import read_manifest

    segments = read_manifest(_folder(folder))
    found = list(problems(_folder(folder), segments))
    counts = {"segments": len(segments), "records": sum(each.rows for each in segments)}
    tell_verified(f"{len(segments)} segments, {len(found)} damaged", counts, found, json=json)


@app.command()
def restore(
    folder: Folder = None,
    *,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Make history.duckdb anew from the segments alone; what is not sealed comes from Kafka when history starts."""
    from projections.projection import load_projections
    from services.history.archive import FILE_NAME
    from services.history.segments.restoring import restore as make_anew

    records = make_anew(_folder(folder), home() / FILE_NAME, load_projections(), replace=replace)
    tell_restored(records, home() / FILE_NAME, json=json)


def _folder(told: Path | None) -> Path:
    from services.history.segments.sealing import FOLDER_NAME

    return told or home() / FOLDER_NAME


def _tell(what: str, segments: int, records: int, *, json: bool) -> None:
    if json:
        print_json({"segments": segments, "records": records})
    else:
        typer.echo(f"{segments} segments {what}, {records} records")
