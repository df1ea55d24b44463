"""Lists, page by page: in the order in which things came to be, so that a new one never moves what was seen."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from services.desk.asking import AnyDesk, Desk, json_answer
from services.desk.deciding import stream
from services.desk.positions import write_position
from services.desk.reach import reaches
from services.runtime.auth.callers import Permit
from services.runtime.auth.guard import AnyPermit
from services.runtime.problems import Problem

T = TypeVar("T")
State = Mapping[str, object]
Show = Callable[[T], State | None]
_LOOKED_AT = 5_000
"""How many things a page looks at: where a filter lets hardly any pass, it is short, and still names the next."""
_BAD = ("after_key: there is no such place in this list", "after_key: такого места в этом списке нет")


@dataclass(frozen=True, slots=True)
class Listing:
    """One request for a page of a list."""

    desk: Desk
    permit: Permit
    path: str
    filters: Mapping[str, str]
    """What the request asks for besides the place."""
    limit: int
    after_key: str | None

    def answer(self, noun: str, things: dict[str, T], show: Show[T], wanted: Callable[[State], bool]) -> Response:
        """The next things of a noun that are wanted and within the caller's reach, each as `show` tells it."""
        keys = self.desk.orders[noun].of(things)
        place, items = _place(noun, keys, self.after_key), list[State]()
        day, company, fold = self.desk.today(), self.desk.log.fold.company, self.desk.log.fold
        end = min(len(keys), place + _LOOKED_AT)
        while place < end and len(items) < self.limit:
            key, place = keys[place], place + 1
            state = show(things[key])
            if state is not None and wanted(state) and reaches(self.permit, stream(noun, key), day, company):
                items.append({noun: key, "version": fold.head(stream(noun, key)), **state})
        following = self._link(noun, keys, place) if place < len(keys) else None
        headers = {"Kvota-Position": write_position(fold.position - 1)}
        headers |= {"Link": f'<{following}>; rel="next"'} if following is not None else {}
        return json_answer({"items": items, "next": following}, HTTPStatus.OK, headers)

    def _link(self, noun: str, keys: Sequence[str], place: int) -> str:
        query = {**self.filters, "limit": self.limit, "after_key": _written(noun, place - 1, keys[place - 1])}
        return f"{self.path}?{urlencode(query)}"


async def listing(
    request: Request,
    desk: AnyDesk,
    permit: AnyPermit,
    limit: Annotated[int, Query(ge=1, le=200, description="How many things a page holds at the most.")] = 50,
    after_key: Annotated[str | None, Query(max_length=1000, description="Where to go on: as `next` says.")] = None,
) -> Listing:
    """The request for a page."""
    told = {name: value for name, value in request.query_params.items() if name not in {"limit", "after_key", "after"}}
    return Listing(desk, permit, request.url.path, told, limit, after_key)


AnyListing = Annotated[Listing, Depends(listing)]
Filter = Annotated[str | None, Query(max_length=200)]
"""A filter: those whose field is this."""


def has(**wanted: str | None) -> Callable[[State], bool]:
    """Whether a state has these in its fields; None: anything."""
    told = {name: value for name, value in wanted.items() if value is not None}
    return lambda state: all(state.get(name) == value for name, value in told.items())


def _written(noun: str, place: int, key: str) -> str:
    """A place in a list, as it travels: nobody should read it."""
    return base64.urlsafe_b64encode(f"{noun} {place} {key}".encode()).decode().rstrip("=")


def _place(noun: str, keys: Sequence[str], written: str | None) -> int:
    """The place after the one that was written; raises Problem for what was not."""
    if written is None:
        return 0
    try:
        told, place, key = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)).decode().split(" ", 2)
        if told == noun and keys[int(place)] == key:
            return int(place) + 1
    except (binascii.Error, ValueError, IndexError):  # decoding and cutting raise ValueError, too
        pass
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input", *_BAD)
