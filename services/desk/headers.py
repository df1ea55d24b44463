"""What a request may say beside its body, for every route: read within bounds, and described.

Read here and not by the framework, which takes longer over a handful of headers than the desk over a decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from services.runtime.problems import Problem, validation_problem


@dataclass(frozen=True, slots=True)
class HeaderText:
    """A header whose value is a text of so many characters."""

    name: str
    shortest: int
    longest: int
    description: str

    def read(self, request: Request) -> str | None:
        """Its value; None where it is not sent. Raises Problem for a text that is too short or too long."""
        text = request.headers.get(self.name)
        if text is None or self.shortest <= len(text) <= self.longest:
            return text
        raise self._refused(text)

    def _refused(self, text: str) -> Problem:
        too, bound, limit = ("long", "max", self.longest) if text else ("short", "min", self.shortest)
        error = {
            "loc": ("header", self.name),
            "type": f"string_too_{too}",
            "msg": f"String should have at {'most' if text else 'least'} {limit} character{'s' if limit > 1 else ''}",
            "ctx": {f"{bound}_length": limit},
        }
        return validation_problem([error])

    @property
    def described(self) -> dict[str, Any]:
        """What the API's description says of it."""
        schema = {"type": "string", "minLength": self.shortest, "maxLength": self.longest}
        return {"name": self.name, "in": "header", "description": self.description, "schema": schema}


IDEMPOTENCY_KEY = HeaderText(
    "Idempotency-Key",
    1,
    255,
    "The name of this asking: sent again with the same, a command happens once. One is made up where none is sent.",
)
IF_MATCH = HeaderText("If-Match", 0, 1000, "The versions, as ETag told them, at which the command is still wanted.")
_AFTER_HEADER, _AFTER_QUERY = "Kvota-After", "after"
_AFTER: Mapping[str, Any] = {
    "description": "Positions that must have been read before this is answered, as Kvota-Position told them.",
    "schema": {"type": "string"},
}


def positions_wanted(request: Request) -> Sequence[str]:
    """The positions that a request wants to be answered after, as they are written."""
    in_query = request.query_params.get(_AFTER_QUERY) if request.scope["query_string"] else None
    return [text for text in (request.headers.get(_AFTER_HEADER), in_query) if text]


def of_questions() -> list[dict[str, Any]]:
    """The parameters of every question, for the API's description."""
    return [{"name": _AFTER_HEADER, "in": "header", **_AFTER}, {"name": _AFTER_QUERY, "in": "query", **_AFTER}]


def of_commands() -> list[dict[str, Any]]:
    """The parameters of every command, for the API's description."""
    return [*of_questions(), IDEMPOTENCY_KEY.described, IF_MATCH.described]
