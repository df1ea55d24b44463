"""`kvota lake`: the open archive as an Apache Iceberg table on storage that many machines reach."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import AsJson, Replace, home
from services.cli.output import print_json, print_rows
from services.cli.segments import opened_lake, tell_restored, tell_verified

app = typer.Typer(no_args_is_help=True)
OfSnapshot = Annotated[int | None, typer.Option("--snapshot", help="As of this one; by default the latest.")]


@app.command()
def push(
    *,
    anew: Annotated[bool, typer.Option("--anew", help="Read every file, and send again what is damaged.")] = False,
    json: AsJson = False,
) -> None:
    """Bring to the lake what is sealed and not in it yet; nothing else happens, however often it runs."""
    lake = opened_lake(make=True)
    from services.history.lake.pushing import push as bring

    done = bring(_folder(), lake, anew=anew)
    if json:
        print_json(done)
    else:
        typer.echo(f"{done.segments} segments pushed, {done.records} records; {done.joined} segments joined")


@app.command()
def verify(*, json: AsJson = False) -> None:
    """Read every file of the lake, and hold it to what was pushed and to the manifest; exits with 1 and says why."""
    lake = opened_lake()
    from services.history.lake.verifying import problems
    from services.history.segments.manifest import read_manifest

    archive, segments = read_manifest(_folder()), lake.segments()
    found, behind = list(problems(lake, archive)), len({each for each in archive if each.is_here} - {*segments})
    counts = {"segments": len(segments), "records": sum(each.rows for each in segments), "to_push": behind}
    summary = f"{len(segments)} segments, {len(found)} problems, {behind} segments to push"
    tell_verified(summary, counts, found, json=json)


@app.command()
def restore(
    *,
    snapshot: OfSnapshot = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Make history.duckdb anew from the lake alone; what is not in it comes from Kafka when history starts."""
    lake = opened_lake()
    from projections.projection import load_projections
    from services.history.archive import FILE_NAME
    from services.history.lake.restoring import restore as make_anew

    records = make_anew(lake, home() / FILE_NAME, load_projections(), replace=replace, snapshot=snapshot)
    tell_restored(records, home() / FILE_NAME, json=json)


@app.command()
def snapshots(*, json: AsJson = False) -> None:
    """List what the lake held from when on: a snapshot for each push, with how far each partition was."""
    pushed = opened_lake().pushed()
    if json:
        print_json(pushed)
    else:
        print_rows(
            "Snapshots",
            [
                {"snapshot": each.snapshot, "at": f"{each.at:%F %T}Z", "records": each.records, "cut": each.cut}
                for each in pushed
            ],
        )


@app.command()
def expire(
    *,
    keep: Annotated[int, typer.Option(min=1, help="How many of the latest snapshots stay.")],
    json: AsJson = False,
) -> None:
    """Forget early snapshots, so that the table's metadata stays small; no file is removed, and no record lost."""
    lake = opened_lake()
    from services.history.lake.expiring import expire as forget

    forgotten = forget(lake, keep)
    if json:
        print_json({"forgotten": [each.snapshot for each in forgotten], "kept": len(lake.pushed())})
    else:
        typer.echo(f"{len(forgotten)} snapshots forgotten, {len(lake.pushed())} kept")


@app.command()
def files(*, snapshot: OfSnapshot = None, json: AsJson = False) -> None:
    """List the files of a snapshot, for whoever reads Parquet; they never change."""
    found = opened_lake().locations(snapshot)
    if json:
        print_json(found)
    else:
        for each in found:
            typer.echo(each)


def _folder() -> Path:
    from services.history.segments.sealing import FOLDER_NAME

    return home() / FOLDER_NAME
