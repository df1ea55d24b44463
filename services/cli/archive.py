"""`kvota archive`: the open archive of the log, in Parquet, from which history can be made anew."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson, Replace, home
from services.cli.output import answer_no, print_json
from services.cli.segments import opened_lake, tell_restored, tell_verified

if TYPE_CHECKING:
    from services.history.segments.manifest import Segment

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path | None, typer.Option("--from", help="The archive's folder; by default that of Kvota's home.")]

Days = Annotated[int, typer.Option(min=1, max=36_500, help="Segments with a record of the last so many days stay.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would be removed, and remove nothing.")]


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

    settings = HistorySettings()
    with Archive(home() / FILE_NAME, load_projections(), settings.reserve_mb, memory_mb=settings.memory_mb) as archive:
        new = seal_due(archive, _folder(None), now=now)
    _tell("sealed", len(new), _records(new), json=json)


@app.command()
def compact(*, json: AsJson = False) -> None:
    """Join the small segments of each month that is over."""
    from services.history.segments.compacting import compact as join

    new = join(_folder(None))
    _tell("joined", len(new), _records(new), json=json)


@app.command()
def verify(folder: Folder = None, *, json: AsJson = False) -> None:
    """Check each segment that is here against the manifest; exits with 1 where one is damaged or missing, and names it.

    What was let go of is counted, and not read: `kvota lake verify` does that.
    """
    from services.history.segments.checking import problems
    from services.history.segments.manifest import read_manifest

    segments = read_manifest(_folder(folder))
    here = [each for each in segments if each.is_here]
    found, let_go = list(problems(_folder(folder), here)), len(segments) - len(here)
    counts = {"segments": len(segments), "records": _records(segments), "let_go": let_go}
    in_lake = f", {let_go} let go of to the lake" if let_go else ""
    tell_verified(f"{len(segments)} segments, {len(found)} damaged{in_lake}", counts, found, json=json)


@app.command()
def restore(
    folder: Folder = None,
    *,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Make history.duckdb anew from the segments alone; what is not sealed comes from Kafka when history starts.

    What was let go of is taken from the lake.
    """
    from projections.projection import load_projections
    from services.history.archive import FILE_NAME
    from services.history.segments.manifest import read_manifest
    from services.history.segments.restoring import restore as make_anew

    about = _folder(folder), home() / FILE_NAME, load_projections()
    if all(each.is_here for each in read_manifest(_folder(folder))):
        records = make_anew(*about, replace=replace)
    else:
        with opened_lake() as lake:
            records = make_anew(*about, replace=replace, elsewhere=lake.let_go)
    tell_restored(records, home() / FILE_NAME, json=json)


@app.command()
def retain(*, days: Days, dry_run: DryRun = False, json: AsJson = False) -> None:
    """Remove the files of segments whose every record is older, and that are in the lake as they were sealed.

    Each is read in the lake before it is removed here. Exits with 1 where an old one has to be kept, and says why.
    """
    lake = opened_lake()
    from services.history.lake.retaining import retain as keep_young

    done = keep_young(_folder(None), lake, datetime.now(UTC) - timedelta(days), dry_run=dry_run)
    if json:
        print_json(done)
    else:
        what = "would be let go of" if dry_run else "let go of"
        _tell(what, len(done.let_go), _records(done.let_go), json=False)
        for line in (*(f"{each.path} lies in {each.file}" for each in done.let_go), *done.kept):
            typer.echo(line)
    if done.kept:
        answer_no()


def _folder(told: Path | None) -> Path:
    from services.history.segments.sealing import FOLDER_NAME

    return told or home() / FOLDER_NAME


def _records(segments: "Sequence[Segment]") -> int:
    return sum(each.rows for each in segments)


def _tell(what: str, segments: int, records: int, *, json: bool) -> None:
    if json:
        print_json({"segments": segments, "records": records})
    else:
        typer.echo(f"{segments} segments {what}, {records} records")
