"""`kvota feed`: what a phone system says, as events on the log."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from services.cli.options import AsJson, home, kafka
from services.cli.output import print_bytes, print_json
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from events.envelope import Envelope
    from services.feeds.callers.vault import CallerVault
    from services.feeds.directory.directory import Directory
    from services.feeds.facts import Company
    from services.feeds.live.sources import Live
    from services.runtime.settings import Settings

_DOOR = "{0} calls us over HTTP: python -m services.feeds is the door that takes in what it sends (docs/feeds.md)"


def feed(  # noqa: PLR0913  # each is an option of the command
    source: Annotated[str, typer.Argument(help="The kind of phone system, such as asterisk.")],
    file: Annotated[
        list[Path] | None, typer.Option(exists=True, dir_okay=False, help="A file of it; may be given again.")
    ] = None,
    *,
    connect: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Listen to it there until told to stop.")
    ] = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Let it connect to us there, until told to stop: 3cx.")
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="Read the topic that it writes to, until told to stop: kamailio.")
    ] = None,
    brokers: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The Kafka of that topic, where it is not our own.")
    ] = None,
    username: Annotated[str | None, typer.Option(help="Who we are at the manager interface: kvota.")] = None,
    secret_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Holds the secret or password that lets us in.")
    ] = None,
    queue_log: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Its queue_log, to fill holes of the connection.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the events of files, and touch no Kafka.")] = False,
    roster: Annotated[Path | None, typer.Option(exists=True, help="JSON: rep id by the agent's name there.")] = None,
    system: Annotated[str | None, typer.Option(help="The phone system's name, where it does not tell it.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Where the business day begins.")] = None,
    source_zone: Annotated[
        str | None, typer.Option(help="The time zone of the times in CDR, if not the company's, or 3CX's UTC.")
    ] = None,
    fields: Annotated[
        str | None, typer.Option(metavar="NAME,…", help="The columns of a 3CX, where they are not in its own order.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Append what a phone system says: read from files of it, or listened to; what is told twice counts once."""
    company = _company(time_zone, roster)
    ways = {"--connect": connect, "--listen": listen, "--topic": topic}
    if asked := {way: where for way, where in ways.items() if where is not None}:
        if file or dry_run or len(asked) > 1:
            message = "one of --connect, --listen and --topic listens, and takes neither --file nor --dry-run"
            raise ClearError(message)
        given = {
            "ami_username": username,
            "ami_secret_file": secret_file,
            "password_file": secret_file,
            "queue_log": queue_log,
            "system": system,
            "brokers": brokers,
            "fields": fields,
            "source_zone": source_zone,
        }
        vault = _caller_vault()
        known, directory = _knowing(_sealing(company), vault)
        [(way, where)] = asked.items()
        _listen(_live(source, way, where, given, known), vault, directory)
        return
    if not file:
        message = f"say what to read: --file FILE{_or_how_to_hear(source)}"
        raise ClearError(message)
    said = _Said(system, source_zone, fields)
    if dry_run:
        _print(_read(source, file, company, said))
    else:
        _append(source, file, company, said, as_json=json)


class _Said(NamedTuple):
    """What a person says of files that do not tell it."""

    system: str | None
    source_zone: str | None
    fields: str | None


def _read(source: str, files: list[Path], company: "Company", said: _Said) -> "Iterator[Envelope]":
    from services.feeds.company import read_zone
    from services.feeds.registry import read_files

    return read_files(
        source,
        files,
        zone=company.zone,
        roster=company.roster,
        directory=company.directory,
        system=said.system,
        source_zone=None if said.source_zone is None else read_zone(said.source_zone),
        fields=said.fields,
        seal=company.seal,
        callers=company.callers,
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


def _caller_vault() -> "CallerVault":
    from services.cli.vault_address import vault_url
    from services.feeds.callers.vault import caller_vault
    from services.runtime.auth.credentials import ServiceCredentials
    from services.runtime.auth.settings import AuthSettings

    return caller_vault(vault_url(), ServiceCredentials("cli", AuthSettings()))


def _knowing(company: "Company", vault: "CallerVault") -> "tuple[Company, Directory]":
    """The same company, whose callers the vault knows, by a directory of names that is still to be read."""
    from dataclasses import replace

    from services.feeds.callers.heard import Callers
    from services.feeds.directory.directory import Directory

    directory = Directory()
    return replace(company, callers=Callers(vault.look_up), directory=directory), directory


def _print(envelopes: "Iterator[Envelope]") -> None:
    from events.codec import encode

    for envelope in envelopes:
        print_bytes(encode(envelope))


def _append(source: str, files: list[Path], company: "Company", said: _Said, *, as_json: bool) -> None:
    from services.feeds.appender import Appended, append
    from services.feeds.directory.following import read_directory

    vault = _caller_vault()
    known, directory = _knowing(_sealing(company), vault)

    async def by_the_directory() -> Appended:
        await read_directory(kafka("feed"), directory)
        async with vault:
            return await append(kafka("feed"), _read(source, files, known, said), callers=known.callers)

    appended = asyncio.run(by_the_directory()).by_topic
    if vault.missed:
        typer.echo(
            "The vault does not answer: callers are not known, and reading again does not change that.", err=True
        )
    if as_json:
        print_json({"appended": appended})
        return
    for topic, count in sorted(appended.items()):
        typer.echo(f"{topic} {count}")


def _or_how_to_hear(source: str) -> str:
    from services.feeds.registry import WEBHOOKS

    return f"; {_DOOR.format(source)}" if source in WEBHOOKS else ", or --connect HOST:PORT"


def _live(source: str, way: str, where: str, given: "Mapping[str, object]", company: "Company") -> "Live":
    """Give what is to be listened to; what the command says goes before what the environment does."""
    from services.feeds.freeswitch.settings import FreeSwitchSettings
    from services.feeds.kamailio.settings import KamailioSettings
    from services.feeds.live.sources import CONNECT, LISTEN, TOPICS, Told
    from services.feeds.registry import WEBHOOKS
    from services.feeds.settings import FeedsSettings
    from services.feeds.three_cx.settings import ThreeCxSettings

    known = {"--connect": CONNECT, "--listen": LISTEN, "--topic": TOPICS}[way]
    make = known.get(source)
    if make is None:
        message = _DOOR.format(source) if source in WEBHOOKS else f"{way} listens to {' or '.join(sorted(known))}"
        raise ClearError(message)
    said = {name: value for name, value in given.items() if value is not None}
    settings, freeswitch, kamailio = FeedsSettings(), FreeSwitchSettings(), KamailioSettings()
    three_cx = ThreeCxSettings()
    told = Told(
        settings=settings.model_copy(update=_of(type(settings), said)),
        freeswitch=freeswitch.model_copy(update=_of(type(freeswitch), said)),
        kamailio=kamailio.model_copy(update=_of(type(kamailio), said)),
        three_cx=three_cx.model_copy(update=_of(type(three_cx), said)),
        kafka=kafka("feed"),
        company=company,
        home=home(),
        patient=False,
    )
    live = make(told, where)
    assert live is not None  # noqa: S101  # an address was given
    return live


def _of(settings: "type[Settings]", said: "Mapping[str, object]") -> dict[str, object]:
    """What is said that these settings know."""
    return {name: value for name, value in said.items() if name in settings.model_fields}


def _listen(live: "Live", vault: "CallerVault", directory: "Directory") -> None:
    from services.feeds.directory.following import Following
    from services.feeds.live.sources import feed_from
    from services.runtime.logging import configure_logging
    from services.runtime.stopping import stop_when_told

    async def until_told() -> None:
        following = asyncio.create_task(Following(kafka("feed"), directory).run())
        try:
            async with vault:
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
