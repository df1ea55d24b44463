"""Options that several commands share, and what they are read into."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.history.cuts import Known
    from services.runtime.auth.callers import Role
    from services.runtime.settings import KafkaSettings

Replace = Annotated[bool, typer.Option("--replace", help="Put it in the place of the file that is there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
KnownAt = Annotated[str | None, typer.Option(help="As known at this instant, such as 2026-11-24T18:00:00+03:00.")]
Cut = Annotated[str | None, typer.Option(help="As of these positions, such as an answer tells as its cut.")]
Versus = Annotated[
    str | None, typer.Option(help="What differs from the answer as known at this instant, or as of these positions.")
]
Version = Annotated[int | None, typer.Option(min=1, help="Of the live cells; by default the one that serves.")]
Pairs = Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...")]


def home() -> Path:
    """Where Kvota keeps its files on this machine: KVOTA_HOME, or `.kvota` here."""
    from services.runtime.settings import HomeSettings

    return HomeSettings().home


def kafka(client: str) -> "KafkaSettings":
    """How to reach Kafka: as the environment says, or else the local broker when it runs."""
    from services.broker.detached import status
    from services.runtime.settings import KafkaSettings

    settings = KafkaSettings(client_id=f"kvota-{client}")
    if "bootstrap_servers" not in settings.model_fields_set and (address := status(home())):
        return settings.model_copy(update={"bootstrap_servers": address})
    return settings


def pairs(given: list[str] | None) -> dict[str, str]:
    """Read NAME=VALUE arguments; raises ClearError for anything else, and for a name that comes twice."""
    read: dict[str, str] = {}
    for item in given or ():
        name, equals, value = item.partition("=")
        if not equals or not name:
            message = f"expected NAME=VALUE, got {item!r}"
            raise ClearError(message)
        if name in read:
            message = f"{name} is given more than once"
            raise ClearError(message)
        read[name] = value
    return read


def instant(text: str | None) -> datetime | None:
    """Read an instant with its zone; raises ClearError for anything else."""
    from events.event import in_utc

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        read = moment if moment.tzinfo is None else in_utc(moment)
    except ValueError:
        message = f"{text!r} is no instant: write 2026-11-24T18:00:00+03:00"
        raise ClearError(message) from None
    if read.tzinfo is None:
        message = f"{text} has no zone: write {text}Z for UTC, or {text}+03:00"
        raise ClearError(message)
    return read


def known(known_at: str | None, cut: str | None) -> "Known | None":
    """Read as of what is asked, a moment or a cut; raises ClearError for anything else, and for both."""
    from services.history.cuts import read_cut

    if cut is None:
        return instant(known_at)
    if known_at is not None:
        message = "--known-at says already as of when: give it or --cut"
        raise ClearError(message)
    return read_cut(cut, "--cut")


def either(versus: str | None) -> "Known | None":
    """Read a moment or a cut, whichever it is; raises ClearError for anything else."""
    from services.history.cuts import is_cut, read_cut

    if versus is not None and is_cut(versus):
        return read_cut(versus, "--versus")
    return instant(versus)


def credentials(role: "Role" = "manager") -> Mapping[str, str]:
    """What a command says of who asks a service: KVOTA_TOKEN, or a token of this machine's own key for this role."""
    from services.runtime.auth.credentials import bearer, own_token
    from services.runtime.auth.settings import AuthSettings, TokenSettings

    told = TokenSettings().token
    if told is not None:
        return bearer(told.get_secret_value())
    return bearer(own_token("kvota-cli", role, AuthSettings()))
