"""Asking history: from its file, or from the service that has the file while it runs."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from services.cli.options import credentials, home, kafka
from services.runtime.errors import ClearError

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    import httpx

    from services.history.archive import Archive
    from services.history.cuts import Known
    from services.history.errors import HistoryBusyError
    from services.history.forms import Form
    from services.runtime.imports import Standing
    from services.runtime.languages import Language
    from services.runtime.shards import Positions, Source

_WITHIN_S = 120.0
_NOT_LET_IN = (401, 403)


class History(Protocol):
    """What history can be asked; each answer but a report's is one line of JSON. What it refuses is a ClearError."""

    def report(  # noqa: PLR0913, PLR0917  # whatever a report can be asked with
        self,
        name: str,
        given: Mapping[str, str],
        known_at: "Known | None",
        form: "Form",
        language: "Language",
        versus: "Known | None",
    ) -> bytes:
        """A report in a form; or what differs in it from the same report as of `versus`, as JSON."""
        ...

    def explain_row(  # noqa: PLR0913, PLR0917  # whatever a row can be explained with
        self,
        name: str,
        given: Mapping[str, str],
        key: Mapping[str, str],
        column: str | None,
        known_at: "Known | None",
        language: "Language",
    ) -> bytes:
        """The events behind a row of a report."""
        ...

    def explain(self, projection: str, key: Mapping[str, str], measure: str | None, known_at: datetime | None) -> bytes:
        """The events behind a number."""
        ...

    def replay(self, known_at: datetime) -> bytes:
        """Whether the raw records of what was known at a moment, folded anew, come to what history says of it."""
        ...

    def verify(self, version: int | None, names: Sequence[str]) -> bytes:
        """Whether the live cells of a version, by default the one that serves, are what history makes of that log."""
        ...

    def seed(self, version: int) -> Mapping[str, str]:
        """Seed a new version of the live cells; the digests of the projections that it was made by."""
        ...

    def standings(self, after: "Positions") -> "dict[Source, Standing]":
        """How each partition stands for imports, once all before these positions is archived."""
        ...

    def told(self, ids: "Sequence[UUID]") -> "set[UUID]":
        """Which of these facts count already."""
        ...

    def verdicts(self, positions: "Positions") -> "dict[Source, str]":
        """What the law says of the records at these positions, once they are archived."""
        ...

    def mentions(self, identity: str) -> "Mapping[str, int]":
        """How many archived records of each topic hold an id."""
        ...

    def mart(self, known_at: datetime | None, out: "Path | None") -> bytes:
        """Make a mart, in a folder of marts or where history keeps its own."""
        ...


@contextmanager
def history() -> Iterator[History]:
    """History as it can be asked now; raises HistoryBusyError when another process has the file and does not answer."""
    from projections.projection import load_projections
    from services.history.archive import FILE_NAME, Archive
    from services.history.errors import HistoryBusyError
    from services.history.limits import within_memory
    from services.history.settings import HistorySettings

    path, settings = home() / FILE_NAME, HistorySettings()
    try:
        archive = Archive(path, load_projections(), settings.reserve_mb, memory_mb=settings.memory_mb)
    except HistoryBusyError as busy:
        with _service(path, busy) as client:
            yield _Service(client)
        return
    with archive, within_memory():
        yield _File(archive)


class _File:
    def __init__(self, archive: "Archive") -> None:
        from services.history.answers import Answers
        from services.runtime.settings import CompanySettings

        self._archive = archive
        answers = Answers(archive, CompanySettings().country)
        self.report, self.explain_row = answers.report, answers.explain_row
        self.explain, self.replay = answers.explain, answers.replay

    def verify(self, version: int | None, names: Sequence[str]) -> bytes:
        from services.history.agreement import agreement
        from services.history.answers import agreement_json

        chosen = self._archive.chosen(names)
        return agreement_json(asyncio.run(agreement(kafka("verify"), version, self._archive, chosen)))

    def seed(self, version: int) -> Mapping[str, str]:
        return asyncio.run(self._seed(version))

    async def _seed(self, version: int) -> Mapping[str, str]:
        from services.history.archiver import Archiver
        from services.history.seeding import Seeding

        await Archiver(kafka("seed"), self._archive).catch_up()
        return await Seeding(self._archive, kafka("seed"), version).run()

    def standings(self, after: "Positions") -> "dict[Source, Standing]":
        from services.history.imports import standings

        self._catch_up(after)
        return standings(self._archive)

    def told(self, ids: "Sequence[UUID]") -> "set[UUID]":
        from services.history.imports import told

        return told(self._archive, ids)

    def verdicts(self, positions: "Positions") -> "dict[Source, str]":
        from services.history.imports import verdicts

        self._catch_up({source: offset + 1 for source, offset in positions.items()})
        return verdicts(self._archive, positions)

    def mentions(self, identity: str) -> "Mapping[str, int]":
        from services.history.mentions import mentions

        return mentions(self._archive, identity)

    def mart(self, known_at: datetime | None, out: "Path | None") -> bytes:
        import msgspec

        from services.history.mart.making import make_mart, mart_folder

        return msgspec.json.encode(make_mart(self._archive, out or mart_folder(self._archive), known_at))

    def _catch_up(self, until: "Positions") -> None:
        from services.history.archiver import Archiver

        asyncio.run(Archiver(kafka("import"), self._archive).catch_up(until))


class _Service:
    def __init__(self, client: "httpx.Client") -> None:
        self._client = client

    def report(  # noqa: PLR0913, PLR0917  # whatever a report can be asked with
        self,
        name: str,
        given: Mapping[str, str],
        known_at: "Known | None",
        form: "Form",
        language: "Language",
        versus: "Known | None",
    ) -> bytes:
        about = {**given, **_as_of(known_at), "versus": _said(versus), "format": form}
        return self._ask(f"reports/{name}", about, {"Accept-Language": language})

    def explain_row(  # noqa: PLR0913, PLR0917  # whatever a row can be explained with
        self,
        name: str,
        given: Mapping[str, str],
        key: Mapping[str, str],
        column: str | None,
        known_at: "Known | None",
        language: "Language",
    ) -> bytes:
        from services.history.row_explained import PREFIX

        row = {PREFIX + part: value for part, value in key.items()}
        about = {**given, **row, **_as_of(known_at), "column": column}
        return self._ask(f"reports/{name}/explain", about, {"Accept-Language": language})

    def explain(self, projection: str, key: Mapping[str, str], measure: str | None, known_at: datetime | None) -> bytes:
        return self._ask(f"explain/{projection}", {**key, "only": measure, "known_at": _said(known_at)})

    def replay(self, known_at: datetime) -> bytes:
        return answered(self._client.get("replay", params={"known_at": known_at.isoformat()}, timeout=None))

    def verify(self, version: int | None, names: Sequence[str]) -> bytes:
        of = {} if version is None else {"version": str(version)}
        return answered(self._client.get("verify", params={**of, "projection": list(names)}, timeout=None))

    def seed(self, version: int) -> Mapping[str, str]:
        import msgspec

        answer = answered(self._client.post(f"seeds/{version}", timeout=None))
        return msgspec.json.decode(answer, type=dict[str, str])

    def standings(self, after: "Positions") -> "dict[Source, Standing]":
        from services.history.imports import read_standings

        return read_standings(self._ask("imports", {"after": _places(after)}))

    def told(self, ids: "Sequence[UUID]") -> "set[UUID]":
        from uuid import UUID

        import msgspec

        answer = answered(self._client.post("told", content=msgspec.json.encode(ids)))
        return msgspec.json.decode(answer, type=set[UUID])

    def verdicts(self, positions: "Positions") -> "dict[Source, str]":
        from services.history.imports import read_verdicts

        return read_verdicts(self._ask("verdicts", {"at": _places(positions)}))

    def mentions(self, identity: str) -> "Mapping[str, int]":
        from services.history.mentions import read_mentions

        return read_mentions(self._ask("mentions", {"id": identity}))

    def mart(self, known_at: datetime | None, out: "Path | None") -> bytes:
        import msgspec

        from services.history.mart.making import Mart, copy_mart

        said = {} if known_at is None else {"known_at": known_at.isoformat()}
        made = answered(self._client.post("mart", params=said, timeout=None))
        return made if out is None else msgspec.json.encode(copy_mart(msgspec.json.decode(made, type=Mart), out))

    def _ask(self, question: str, about: Mapping[str, str | None], headers: Mapping[str, str] | None = None) -> bytes:
        said = {name: value for name, value in about.items() if value is not None}
        return answered(self._client.get(question, params=said, headers=headers))


def answered(answer: "httpx.Response") -> bytes:
    """What history answers; raises ClearError with what it refuses, and where nothing of history answers."""
    if answer.is_success:
        return answer.content
    try:
        said = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        said = f"what answers at {answer.url} is no history service (KVOTA_HISTORY_PORT)"
    raise ClearError(said)


@contextmanager
def _service(path: "Path", busy: "HistoryBusyError") -> Iterator["httpx.Client"]:
    """The service that has this file; raises `busy` when none answers, or one that has another file."""
    import httpx

    from services.history.settings import HistorySettings

    settings = HistorySettings()
    url = f"http://{settings.host}:{settings.port}/v1/"
    with httpx.Client(base_url=url, timeout=_WITHIN_S, trust_env=False, headers=credentials()) as client:
        try:
            answer = client.get("archive")
            if answer.status_code in _NOT_LET_IN:
                message = f"{busy}, and the history service at {url} says: {answer.json()['detail']} (KVOTA_TOKEN)"
                raise ClearError(message)
            which = answer.json()["path"]
        except (httpx.HTTPError, ValueError, KeyError):
            message = f"{busy}, and no history service answers at {url} (KVOTA_HISTORY_PORT)"
            raise ClearError(message) from None
        if which != str(path.absolute()):
            message = f"{busy}, and the history service at {url} has another: {which} (KVOTA_HISTORY_PORT)"
            raise ClearError(message)
        yield client


def _places(positions: "Positions") -> str:
    return ",".join(f"{topic}/{partition}@{offset}" for (topic, partition), offset in positions.items())


def _as_of(known: "Known | None") -> dict[str, str | None]:
    return {"cut" if isinstance(known, Mapping) else "known_at": _said(known)}


def _said(known: "Known | None") -> str | None:
    """A moment or a cut, as the service is told."""
    if known is None:
        return None
    return known.isoformat() if isinstance(known, datetime) else _places(known)
