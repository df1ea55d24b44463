"""`kvota feed`: what a phone system says, as events on the log."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson, kafka
from services.cli.output import print_bytes, print_json
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from events.envelope import Envelope


def feed(  # noqa: PLR0913  # each is an option of the command
    source: Annotated[str, typer.Argument(help="The kind of phone system, such as asterisk.")],
    file: Annotated[list[Path], typer.Option(exists=True, dir_okay=False, help="A file of it; may be given again.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the events, and touch no Kafka.")] = False,
    roster: Annotated[Path | None, typer.Option(exists=True, help="JSON: rep id by the agent's name there.")] = None,
    system: Annotated[str | None, typer.Option(help="The phone system's name, where the files do not tell it.")] = None,
    time_zone: Annotated[str, typer.Option(help="Where the business day begins.")] = "Europe/Moscow",
    json: AsJson = False,
) -> None:
    """Read files of a phone system and append what they say; the same file twice counts once."""
    from events.codec import encode
    from services.feeds.registry import read_files

    envelopes = read_files(source, file, zone=_zone(time_zone), roster=_roster(roster), system=system)
    if not dry_run:
        _append(envelopes, as_json=json)
        return
    for envelope in envelopes:
        print_bytes(encode(envelope))


def _append(envelopes: "Iterator[Envelope]", *, as_json: bool) -> None:
    from services.feeds.appender import append

    appended = asyncio.run(append(kafka("feed"), envelopes)).by_topic
    if as_json:
        print_json({"appended": appended})
        return
    for topic, count in sorted(appended.items()):
        typer.echo(f"{topic} {count}")


def _zone(name: str) -> "tzinfo":
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        message = f"there is no time zone {name!r}: write one such as Europe/Moscow"
        raise ClearError(message) from None


def _roster(path: Path | None) -> dict[str, str]:
    import msgspec

    if path is None:
        return {}
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except msgspec.DecodeError as error:
        message = f"{path}: a roster is a JSON object of rep ids by agent name: {error}"
        raise ClearError(message) from None
