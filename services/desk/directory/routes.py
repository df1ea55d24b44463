"""Names of phone systems over HTTP."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator

from events.directory import NameKind
from events.event import Name, Text
from services.desk.asking import AnyAsk, AnyDesk, shown
from services.desk.bodies import Body, Moment, body_of
from services.desk.deciding import stream
from services.desk.describing import AN_ID, decision, list_of, reading
from services.desk.directory.decider import MapName, decide
from services.desk.directory.state import MappedName, name_id
from services.desk.listing import AnyListing, Filter, has
from services.runtime.auth.guard import AnyPermit
from services.runtime.plain_route import PlainRoute

router = APIRouter(prefix="/v1", route_class=PlainRoute)
_NUMBER = re.compile(r"\+[0-9 ().-]+|\(?[0-9](?:[ ().-]*[0-9]){9,}", re.ASCII)


def _no_number(name: str) -> str:
    if _NUMBER.fullmatch(name):
        message = "should be no telephone number, which the log never holds: put it into the feeds' roster"
        raise ValueError(message)
    return name


class MappingBody(Body):
    """What a name of a source means from a moment on."""

    named_by: Name
    """The source whose name it is, as its facts are signed, such as /asterisk/pbx1."""
    kind: NameKind
    """Of what it is a name: of an agent (a member of queues, a user, an extension), or of a queue."""
    name: Annotated[Name, AfterValidator(_no_number)]
    """The name, letter for letter."""
    to: Name | None = None
    """The rep's id, or how the company calls the queue; left out: from then on the name stands for itself again."""
    starts_at: Moment | None = None
    """From when on, be it long ago: what was told meanwhile is restated. The moment of the command, when left out."""
    reason: Text = ""


_MAPPING = {"named_by": "/asterisk/pbx1", "kind": "agent", "name": "agent101", "to": AN_ID}


@router.post("/directory", **decision(MappingBody, "directory.map", makes="directory", example=_MAPPING))
async def map_name(ask: AnyAsk, body: Annotated[MappingBody, Depends(body_of(MappingBody))]) -> Response:
    """Say what a name means."""
    when = ask.when(body)
    command = MapName(
        **when,
        named_by=body.named_by,
        kind=body.kind,
        name=body.name,
        starts_at=body.starts_at or when["at"],
        to=body.to,
        reason=body.reason,
    )
    in_turn = stream("directory", name_id(body.kind, body.named_by, body.name))
    return await ask.answer(ask.command(body), partial(decide, command), in_turn=in_turn)


@router.get("/directory", **list_of("directory.read", "directory"))
async def list_directory(
    page: AnyListing, named_by: Filter = None, kind: Filter = None, name: Filter = None, to: Filter = None
) -> Response:
    """The names of which anything was decided, each with what it means now; the oldest first."""
    names = page.desk.log.fold.company.directory.names
    wanted = has(named_by=named_by, kind=kind, name=name, to=to)
    return page.answer("directory", names, _at(page.desk.now()), wanted)


@router.get("/directory/{directory}", **reading("directory.read", "directory"))
async def get_name(directory: str, desk: AnyDesk, permit: AnyPermit) -> Response:
    """A name, what it means now, and all that was decided of it."""
    known = desk.log.fold.company.directory.names.get(directory)
    show = _at(desk.now())
    return shown(desk, permit, stream("directory", directory), None if known is None else show(known))


def _at(now: datetime) -> Callable[[MappedName], dict[str, object]]:
    """How a name is told of at a moment."""

    def show(known: MappedName) -> dict[str, object]:
        first, holding = known.mappings[0], known.holding(now)
        return {
            "named_by": first.named_by,
            "kind": first.kind,
            "name": first.name,
            "to": None if holding is None else holding.to,
            "mappings": [
                each.model_dump(mode="json", include={"starts_at", "to", "reason"}) for each in known.mappings
            ],
        }

    return show
