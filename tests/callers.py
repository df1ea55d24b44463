"""Whoever asks a service in a test, by a key of the test's own."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from services.runtime.auth.callers import Caller, Role
from services.runtime.auth.guard import Guard, guard
from services.runtime.auth.own_key import OwnKey
from services.runtime.auth.settings import AuthSettings
from services.runtime.ports import HOST


def auth(home: Path) -> AuthSettings:
    """Give what services of a home are told of those who ask."""
    return AuthSettings(folder=home / "auth")


def watch(home: Path) -> Guard:
    """Give the guard of a service of this home."""
    return guard(auth(home), HOST)


def bearer(
    home: Path, role: Role, *, rep: str | None = None, unit: str | None = None, subject: str | None = None
) -> Mapping[str, str]:
    """Give the headers of somebody in this role, for services of this home."""
    caller = Caller(subject=subject or role, role=role, rep=rep, unit=unit)
    token = OwnKey(auth(home).folder).issue(caller, timedelta(hours=1), auth(home))
    return {"Authorization": f"Bearer {token}"}
