"""What history is asked, and its answers as JSON: the same from the file at hand and through the service's door."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import msgspec

from events.event import written_instant
from services.history.agreement import Agreement
from services.history.archive import Archive
from services.history.catalogue import catalogue
from services.history.cuts import Known, written_cut
from services.history.errors import BadParametersError
from services.history.etags import etag
from services.history.excluded import as_plain
from services.history.explain import Contribution, Explanation, explain
from services.history.forms import Form, comes_in_parts, in_parts, rendered
from services.history.keeping import kept
from services.history.limits import NO_LIMITS, Limits
from services.history.questions import Question, Value, load_questions
from services.history.rendering import written_positions
from services.history.replaying import Replay, replay
from services.history.report import answer_bound, bound, question_named
from services.history.row_explained import explain_row, read_row
from services.history.row_rendering import row_json
from services.history.versus import versus, versus_json
from services.runtime.errors import WrongField
from services.runtime.languages import Language
from services.runtime.parked import PARKED
from services.runtime.shards import Positions

_ONLY_JSON = WrongField(
    "format", "what differs from another answer is given as json only", "отличие от другого ответа бывает только в json"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A report that somebody asks for."""

    question: Question
    parameters: Mapping[str, Value]
    cut: Positions
    """It names the parked topic, too: what is parked later changes nothing."""
    versus: Positions | None
    """With what else it is to be compared; None: the answer itself is asked for."""
    form: Form
    language: Language
    etag: str
    """The same whenever the answer is."""


@dataclass(frozen=True, slots=True)
class AskedRow:
    """A row of a report that somebody wants explained."""

    question: Question
    parameters: Mapping[str, Value]
    cut: Positions
    key: Mapping[str, str]
    column: str | None
    """The one column that is to be explained; None: all of the row."""
    language: Language
    etag: str


class Answers:
    """Answers from an open archive. For use by any thread."""

    def __init__(self, archive: Archive, country: str, limits: Limits = NO_LIMITS) -> None:
        """Answer by the calendar of the company's country, within limits."""
        self._archive, self._country, self._limits = archive, country, limits

    def catalogue(self, language: Language = "en") -> bytes:
        """What reports there are, and what each can be asked with."""
        return catalogue(load_questions().values(), self._country, language)

    def report(  # noqa: PLR0913, PLR0917  # whatever a report can be asked with
        self,
        name: str,
        given: Mapping[str, str],
        known_at: Known | None = None,
        form: Form = "json",
        language: Language = "en",
        versus: Known | None = None,
    ) -> bytes:
        """A report in a form; raises HistoryError, which says what is wrong with the question."""
        return self.answer(self.asked(name, given, known_at, form, language, versus))

    def asked(  # noqa: PLR0913, PLR0917  # whatever a report can be asked with
        self,
        name: str,
        given: Mapping[str, str],
        known_at: Known | None,
        form: Form,
        language: Language,
        versus: Known | None = None,
    ) -> Asked:
        """What is asked for, as of what is archived now or was known then; nothing is run yet. Raises HistoryError."""
        question = question_named(name)
        parameters = bound(question, given, self._country)
        if versus is not None and form != "json":
            raise BadParametersError(_ONLY_JSON)
        cut, other = self._cut_of(known_at), None if versus is None else self._cut_of(versus)
        compared = [] if other is None else [written_cut(written_positions(other))]
        tag = etag(question.sql, parameters, cut, self._digests(), form, language, *compared)
        return Asked(question, parameters, cut, other, form, language, tag)

    def answer(self, asked: Asked) -> bytes:
        """Its answer; raises HistoryError."""
        with self.answering(asked) as made:
            return made if isinstance(made, bytes) else b"".join(made)

    @contextmanager
    def answering(self, asked: Asked) -> Generator[bytes | Iterator[bytes]]:
        """Its answer; or the parts of a large one, made one after the other within the block, by one thread at a time.

        The first part is made already: what goes wrong in it is raised before anything is given. Raises HistoryError.
        """
        about = self._archive, asked.question, asked.parameters, asked.cut
        if asked.versus is not None:
            yield versus_json(versus(*about, asked.versus, self._limits), asked.language)
        elif not comes_in_parts(asked.form):
            yield rendered(answer_bound(*about, self._limits), asked.form, asked.language)
        else:
            with kept(*about, self._limits) as keeping:
                parts = in_parts(keeping.pieces, asked.form, asked.language)
                yield b"".join(parts) if keeping.is_small else chain([next(parts)], parts)

    def explain_row(  # noqa: PLR0913, PLR0917  # whatever a row can be explained with
        self,
        name: str,
        given: Mapping[str, str],
        key: Mapping[str, str],
        column: str | None = None,
        known_at: Known | None = None,
        language: Language = "en",
    ) -> bytes:
        """The events behind a row of a report; raises HistoryError."""
        return self.explained(self.asked_row(name, given, key, column, known_at, language))

    def asked_row(  # noqa: PLR0913, PLR0917  # whatever a row can be explained with
        self,
        name: str,
        given: Mapping[str, str],
        key: Mapping[str, str],
        column: str | None,
        known_at: Known | None,
        language: Language,
    ) -> AskedRow:
        """Which row is asked about, as of what is archived now or was known then; nothing is run yet."""
        question = question_named(name)
        parameters = bound(question, given, self._country)
        read_row(question, key, column)
        cut = self._cut_of(known_at)
        row = msgspec.json.encode([sorted(key.items()), column]).decode()
        tag = etag(question.sql, parameters, cut, self._digests(), "explain", language, row)
        return AskedRow(question, parameters, cut, key, column, language, tag)

    def explained(self, asked: AskedRow) -> bytes:
        """The events behind it; raises HistoryError."""
        about = asked.question, asked.parameters, asked.key, asked.column, asked.cut
        return row_json(explain_row(self._archive, *about, self._limits), asked.language)

    def explain(
        self, projection: str, key: Mapping[str, str], measure: str | None = None, known_at: datetime | None = None
    ) -> bytes:
        """The events behind a number; raises HistoryError."""
        found = explain(self._archive, projection, key, measure=measure, cut=self._cut(known_at))
        return msgspec.json.encode(_explanation(found))

    def replay(self, known_at: datetime) -> bytes:
        """Whether the raw records of what was known at a moment, folded anew, come to the same; raises HistoryError."""
        return _replay_json(replay(self._archive, known_at))

    def _digests(self) -> list[str]:
        return [each.digest for each in self._archive.projections.values()]

    def _cut_of(self, known: Known | None) -> Positions:
        """The cut that a report is asked as of."""
        if known is None:
            return {PARKED: 0} | self._archive.positions()
        return self._archive.known_at(known) if isinstance(known, datetime) else known

    def _cut(self, known_at: datetime | None) -> Positions | None:
        return None if known_at is None else self._archive.known_at(known_at)


def agreement_json(found: Agreement) -> bytes:
    """Whether both ends agree; where they do not, each difference as a line."""
    differences = [str(difference) for difference in found.differences]
    about = {
        "agree": not differences,
        "version": found.version,
        "cells": found.cells,
        "as_of": written_positions(found.cut),
    }
    return msgspec.json.encode({**about, "differences": differences})


def _replay_json(done: Replay) -> bytes:
    about = {
        "agree": not done.differences,
        "known_at": written_instant(done.known_at),
        "as_of": written_positions(done.cut),
        "cells": done.cells,
    }
    return msgspec.json.encode({**about, "differences": [each.beside("replayed") for each in done.differences]})


def _explanation(found: Explanation) -> dict[str, object]:
    return {
        "projection": found.projection,
        "question": found.question,
        "key": found.key,
        "as_of": written_positions(found.as_of),
        "contributions": [_contribution(each) for each in found.contributions],
        "sum": found.total,
        "excluded": [as_plain(each) for each in found.excluded],
    }


def _contribution(each: Contribution) -> dict[str, object]:
    return {
        "id": str(each.id),
        "type": each.type,
        "time": each.time.isoformat(),
        "position": f"{each.topic}/{each.partition}/{each.offset}",
        "weight": each.weight,
        **each.measures,
    }
