"""`kvota token`: a token of this machine's own key, for whoever has no identity provider."""

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.options import AsJson
from services.cli.output import print_json
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from services.runtime.auth.callers import Caller

_LONGEST_H = 24 * 366


def token(  # noqa: PLR0913  # its options
    *,
    role: Annotated[
        str, typer.Option(help="rep, team_lead, manager, executive, auditor, feed, screen, monitor or service.")
    ],
    subject: Annotated[str | None, typer.Option(help="By which name the log knows the caller; else the role.")] = None,
    rep: Annotated[str | None, typer.Option(help="The caller's own rep id: a rep needs it.")] = None,
    unit: Annotated[str | None, typer.Option(help="The id of the unit that the caller leads: a team lead's.")] = None,
    hours: Annotated[int, typer.Option(min=1, max=_LONGEST_H, help="How long it is good for.")] = 12,
    json: AsJson = False,
) -> None:
    """Issue a token, to be sent as `Authorization: Bearer …`.

    Services believe it only as long as they are told of no other issuer (KVOTA_AUTH_ISSUER).
    """
    from datetime import UTC, datetime, timedelta

    from services.runtime.auth.own_key import OwnKey
    from services.runtime.auth.settings import AuthSettings

    settings = AuthSettings()
    if settings.issuer is not None:
        message = f"tokens are issued by {settings.issuer} (KVOTA_AUTH_ISSUER): ask there"
        raise ClearError(message)
    caller, lasts = _caller(role, subject or role, rep, unit), timedelta(hours=hours)
    issued = OwnKey(settings.folder).issue(caller, lasts, settings)
    if json:
        print_json({"token": issued, "role": role, "subject": caller.subject, "expires_at": datetime.now(UTC) + lasts})
    else:
        typer.echo(issued)


def _caller(role: str, subject: str, rep: str | None, unit: str | None) -> "Caller":
    from services.runtime.auth.callers import ROLES, Caller

    known = next((each for each in ROLES if each == role), None)
    if known is None:
        message = f"there is no role {role!r}; there are: {', '.join(ROLES)}"
        raise ClearError(message)
    if (known, rep) == ("rep", None):
        message = "say which rep it is: --rep ID"
        raise ClearError(message)
    if (known, unit) == ("team_lead", None):
        message = "say which unit they lead: --unit ID"
        raise ClearError(message)
    if "@" in subject:
        message = "a subject stays in the log for ever: no e-mail address"
        raise ClearError(message)
    return Caller(subject=subject, role=known, rep=rep, unit=unit)
