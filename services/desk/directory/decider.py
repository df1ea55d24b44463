"""What may be asked about names of phone systems, and what it makes true. Pure."""

from dataclasses import dataclass
from datetime import datetime

from events.directory import DirectoryMapped, NameKind
from services.desk.company import Company
from services.desk.deciding import Command, Decision, stream
from services.desk.directory.refusals import NameMappedSoAlready, NameMeansNobody
from services.desk.directory.state import MappedName, name_id
from services.desk.people.present import hired

_UNKNOWN = MappedName(())


@dataclass(frozen=True, slots=True, kw_only=True)
class MapName(Command):
    """Let a name of a source mean a rep or a queue from a moment on; with None it means itself again."""

    named_by: str
    kind: NameKind
    name: str
    starts_at: datetime
    to: str | None = None
    reason: str = ""


def decide(command: MapName, company: Company) -> Decision:
    """Decide what a name means; a rep who has left is as good as any, since the past is mapped as well."""
    identity = name_id(command.kind, command.named_by, command.name)
    holding = company.directory.names.get(identity, _UNKNOWN).holding(command.starts_at)
    if holding is not None and (holding.starts_at, holding.to) == (command.starts_at, command.to):
        raise NameMappedSoAlready(command.name, command.starts_at)
    if command.to is None and (holding is None or holding.to is None):
        raise NameMeansNobody(command.name, command.starts_at)
    relies_on = set[str]()
    if command.kind == "agent" and command.to is not None:
        hired(command.to, company.people)
        relies_on = {stream("rep", command.to)}
    event = DirectoryMapped(
        occurred_at=command.at,
        day=command.day,
        named_by=command.named_by,
        kind=command.kind,
        name=command.name,
        starts_at=command.starts_at,
        to=command.to,
        reason=command.reason,
    )
    return Decision(stream("directory", identity), event, frozenset(relies_on))
