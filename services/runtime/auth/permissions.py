"""Which role may do what, and of whom: a table that people read, and what is made of it. Pure."""

from collections.abc import Mapping
from typing import get_args

from services.runtime.auth.callers import ROLES, Role, Scope

Row = Mapping[Role, Scope]
Permissions = Mapping[str, Row]
"""By the name of a permission."""
_NONE = "-"


class BadTableError(ValueError):
    """The table cannot be read; a mistake in our own code."""


def read_permissions(table: str) -> Permissions:
    """Read a table: its first line names roles, each other a permission and its scope for each of them, `-` for none.

    Raises BadTableError.
    """
    [_, *roles], *lines = [line.split() for line in table.strip().splitlines()]
    if unknown := set(roles) - set(ROLES):
        message = f"no such roles: {unknown}"
        raise BadTableError(message)
    permissions = {name: _row(name, roles, scopes) for name, *scopes in lines}
    if len(permissions) < len(lines):
        message = "a permission stands there twice"
        raise BadTableError(message)
    return permissions


def _row(name: str, roles: list[str], scopes: list[str]) -> Row:
    known: dict[str, Scope] = {scope: scope for scope in get_args(Scope)}
    by_name: dict[str, Role] = {role: role for role in ROLES}
    if len(scopes) != len(roles) or set(scopes) - known.keys() - {_NONE}:
        message = f"{name}: one scope for each of {len(roles)} roles, or {_NONE}"
        raise BadTableError(message)
    return {by_name[role]: known[scope] for role, scope in zip(roles, scopes, strict=True) if scope != _NONE}
