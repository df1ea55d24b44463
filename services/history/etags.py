"""The validator of an answer (RFC 9110): the same for the same bytes, and known before the question is run. Pure.

An answer is made of the records before a cut by the SQL of its report, over the projections, the organisation and the
metrics' macros; of the libraries that reckon, know calendars and zones, and write files; and of what was asked, in a
form and a language.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version

import msgspec

from events.catalogue import NOUNS
from projections.metrics import create_metrics_sql
from projections.relations import relation_sql
from services.history.rendering import written_positions
from services.history.schema import views_of_answers_sql
from services.runtime.shards import Positions

_FILES_BY = ("pyarrow", "typst", "vl-convert-python", "xlsxwriter")
_MADE_BY = ("kvota", "duckdb", "holidays", "iso4217", "msgspec", "tzdata", *_FILES_BY)


def etag(sql: str, parameters: Mapping[str, object], cut: Positions, digests: Iterable[str], *form: str) -> str:
    """The strong validator of an answer; `digests` are the projections', `form` whatever else tells answers apart."""
    asked = [sql, sorted(parameters.items()), written_positions(cut), sorted(digests), form, _made_by()]
    return f'"{hashlib.sha256(msgspec.json.encode(asked)).hexdigest()[:32]}"'


def names_it(if_none_match: str | None, tag: str) -> bool:
    """Whether a header If-None-Match names this answer: whoever asks has it already."""
    tags = {each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")}
    return not tags.isdisjoint({tag, "*"})


@cache
def _made_by() -> tuple[str, ...]:
    return (views_of_answers_sql(), create_metrics_sql(), *map(relation_sql, NOUNS.values()), *map(version, _MADE_BY))
