"""`kvota feed`: what a phone system says, as events on the log."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson, home, kafka
from services.cli.output import print_bytes, print_json
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from events.envelope import Envelope
    from services.feeds.directory.directory import Directory
    from services.feeds.facts import Company
    from services.feeds.live.sources import Live
    from services.runtime.settings import Settings


def feed(  # noqa: PLR0913  # each is an option of the command
    source: Annotated[str, typer.Argument(help="The kind of phone system, such as asterisk.")],
    file: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A file of it; may be given again.")
    ] = None,
    *,
    connect: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Listen to it there until told to stop.")
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="Read the topic that it writes to, until told to stop: kamailio.")
    ] = None,
    brokers: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The Kafka of that topic, where it is not our own.")
    ] = None,
    username: Annotated[str | None, typer.Option(help="Who we are at the manager interface: kvota.")] = None,
    secret_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Holds the secret; or KVOTA_FEEDS_AMI_SECRET.")
    ] = None,
    queue_log: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Its queue_log, to fill holes of the connection.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the events of files, and touch no Kafka.")] = False,
    roster: Annotated[Path | None, typer.Option(exists=True, help="JSON: rep id by the agent's name there.")] = None,
    system: Annotated[str | None, typer.Option(help="The phone system's name, where it does not tell it.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Where the business day begins.")] = None,
    source_zone: Annotated[
        str | None, typer.Option(help="The time zone of its clock, where CDR needs one that is not the company's.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Append what a phone system says: read from files of it, or listened to; what is told twice counts once."""
    company = _company(time_zone, roster)
    if connect is not None or topic is not None:
        if file or dry_run or (connect is not None and topic is not None):
            message = "one of --connect and --topic listens, and takes neither --file nor --dry-run"
            raise ClearError(message)
        given = {
            "ami_username": username,
            "ami_secret_file": secret_file,
            "queue_log": queue_log,
            "system": system,
            "brokers": brokers,
        }
        known, directory = _knowing(_sealing(company))
        _listen(_live(source, connect, topic, given, known), directory)
        return
    if not file:
        message = "say what to read: --file FILE, or --connect HOST:PORT"
        raise ClearError(message)
    if dry_run:
        _print(_read(source, file, company, system, source_zone))
    else:
        known, directory = _knowing(_sealing(company))
        _append(_read(source, file, known, system, source_zone), directory, as_json=json)


def _read(
    source: str, files: list[Path], company: "Company", system: str | None, source_zone: str | None
) -> "Iterator[Envelope]":
    from services.feeds.company import read_zone
    from services.feeds.registry import read_files

    return read_files(
        source,
        files,
        zone=company.zone,
        roster=company.roster,
        directory=company.directory,
        system=system,
        source_zone=None if source_zone is None else read_zone(source_zone),
        seal=company.seal,
    )


def _sealing(company: "Company") -> "Company":
    """The same company, which keeps what cannot be read, if its vault has ever told how."""
    from dataclasses import replace

    import httpx
    import msgspec

    from services.cli.vault_address import vault_url
    from services.runtime.auth.credentials import ServiceCredentials
    from services.runtime.auth.settings import AuthSettings
    from services.runtime.parking_keys import ParkingKeys

    keys = ParkingKeys(vault_url(), home(), ServiceCredentials("cli", AuthSettings()))
    with suppress(httpx.HTTPError, msgspec.DecodeError):  # those that were fetched before will do
        asyncio.run(keys.fetch())
    return replace(company, seal=keys.seal)


def _knowing(company: "Company") -> "tuple[Company, Directory]":
    """The same company, by a directory of names that is still to be read."""
    from dataclasses import replace

    from services.feeds.directory.directory import Directory

    directory = Directory()
    return replace(company, directory=directory), directory


def _print(envelopes: "Iterator[Envelope]") -> None:
    from events.codec import encode

    for envelope in envelopes:
        print_bytes(encode(envelope))


def _append(envelopes: "Iterator[Envelope]", directory: "Directory", *, as_json: bool) -> None:
    from services.feeds.appender import Appended, append
    from services.feeds.directory.following import read_directory

    async def by_the_directory() -> Appended:
        await read_directory(kafka("feed"), directory)
        return await append(kafka("feed"), envelopes)

    appended = asyncio.run(by_the_directory()).by_topic
    if as_json:
        print_json({"appended": appended})
        return
    for topic, count in sorted(appended.items()):
        typer.echo(f"{topic} {count}")


def _live(
    source: str, connect: str | None, topic: str | None, given: "Mapping[str, object]", company: "Company"
) -> "Live":
    """Give what is to be listened to; what the command says goes before what the environment does."""
    from services.feeds.kamailio.settings import KamailioSettings
    from services.feeds.live.sources import CONNECT, TOPICS, Told
    from services.feeds.settings import FeedsSettings

    option, address, known = ("--connect", connect, CONNECT) if topic is None else ("--topic", topic, TOPICS)
    make = known.get(source)
    if make is None:
        message = f"{option} listens to {' or '.join(sorted(known))}"
        raise ClearError(message)
    said = {name: value for name, value in given.items() if value is not None}
    settings, kamailio = FeedsSettings(), KamailioSettings()
    told = Told(
        settings=settings.model_copy(update=_of(type(settings), said)),
        kamailio=kamailio.model_copy(update=_of(type(kamailio), said)),
        kafka=kafka("feed"),
        company=company,
        home=home(),
        patient=False,
    )
    live = make(told, address or "")
    assert live is not None  # noqa: S101  # an address was given
    return live


def _of(settings: "type[Settings]", said: "Mapping[str, object]") -> dict[str, object]:
    """What is said that these settings know."""
    return {name: value for name, value in said.items() if name in settings.model_fields}


def _listen(live: "Live", directory: "Directory") -> None:
    from services.feeds.directory.following import Following
    from services.feeds.live.sources import feed_from
    from services.runtime.logging import configure_logging
    from services.runtime.stopping import stop_when_told

    async def until_told() -> None:
        following = asyncio.create_task(Following(kafka("feed"), directory).run())
        try:
            await feed_from(live, kafka("feed"), stop_when_told())
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    configure_logging()
    asyncio.run(until_told())


def _company(time_zone: str | None, roster: Path | None) -> "Company":
    from services.feeds.company import read_company
    from services.runtime.settings import CompanySettings

    return read_company(time_zone or CompanySettings().time_zone, roster)
