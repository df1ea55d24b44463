"""In which forms a report can be had, and which of them a request asks for."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Literal, get_args

from services.history.columnar import arrow_parts, parquet_parts
from services.history.comma_separated import csv_parts
from services.history.printing.page import as_html
from services.history.printing.pdf import as_pdf
from services.history.printing.picture import as_svg
from services.history.rendering import json_parts
from services.history.report import Report
from services.history.spreadsheet import xlsx_parts
from services.runtime.errors import WrongField
from services.runtime.languages import Language
from services.runtime.problems import Problem, invalid_fields

Form = Literal["json", "csv", "parquet", "arrow", "xlsx", "pdf", "svg", "html"]
MEDIA_TYPES: Mapping[Form, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "html": "text/html; charset=utf-8",
}
FORMS: tuple[Form, ...] = get_args(Form)
Pieces = Callable[[], Iterable[Report]]
"""A report as small ones, one at least, which have its rows in their order; the same each time."""

_RANGES: Mapping[str, Form] = {
    "*/*": "json",
    "application/*": "json",
    "text/*": "csv",
    **{media_type.partition(";")[0]: form for form, media_type in MEDIA_TYPES.items()},
}
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.\d*)?)", re.ASCII | re.IGNORECASE)
_MOST_RANGES = 100
"""How many media ranges of an Accept header are read: more than anybody names."""


def rendered(report: Report, form: Form, language: Language) -> bytes:
    """A report in a form: the same bytes for the same report."""
    if form in _IN_PARTS:
        return b"".join(in_parts(lambda: [report], form, language))
    return _WHOLE[form](report, language)


def comes_in_parts(form: Form) -> bool:
    """Whether a form can be made of a report a piece after the other."""
    return form in _IN_PARTS


def in_parts(pieces: Pieces, form: Form, language: Language) -> Iterator[bytes]:
    """A report in such a form, made while it is gone through; its rows are in several pieces, which are made anew."""
    return _IN_PARTS[form](pieces, language)


def form_wanted(named: str | None, accept: str | None) -> Form:
    """The form that is named, or else the one that an Accept header likes best; without both JSON. Raises Problem."""
    if named is None:
        return _liked(accept)
    for form in FORMS:
        if form == named:
            return form
    listed = ", ".join(FORMS)
    raise invalid_fields(
        WrongField("format", f"{named!r} is not one of {listed}", f"{named!r}: нужно одно из {listed}")
    )


def require_json(named: str | None) -> None:
    """Make sure that a request for what is only there as JSON names no other form; raises Problem."""
    if named not in {None, "json"}:
        raise invalid_fields(
            WrongField("format", "an explanation is given as json only", "объяснение бывает только в json")
        )


def _liked(accept: str | None) -> Form:
    if not accept:
        return "json"
    preferences = [_preference(each) for each in accept.split(",", _MOST_RANGES)[:_MOST_RANGES]]
    known = [(weight, _RANGES[media]) for weight, media in preferences if media in _RANGES and weight > 0]
    if known:
        return max(known, key=lambda preference: preference[0])[1]
    there = ", ".join(media_type.partition(";")[0] for media_type in MEDIA_TYPES.values())
    en, ru = f"Accept names nothing that there is; ask for one of {there}", f"в Accept нет того, что есть: {there}"
    raise Problem(HTTPStatus.NOT_ACCEPTABLE, "not-acceptable", en, ru)


def _preference(text: str) -> tuple[float, str]:
    """The weight of a media range, and the range."""
    media, *about = [part.strip() for part in text.split(";")]
    weights = [float(found[1]) for found in map(_WEIGHT.fullmatch, about) if found]
    return weights[-1] if weights else 1, media.lower()


_IN_PARTS: Mapping[Form, Callable[[Pieces, Language], Iterator[bytes]]] = {
    "json": lambda pieces, language: json_parts(pieces(), language),
    "csv": lambda pieces, language: (part.encode() for part in csv_parts(pieces, language)),
    "parquet": lambda pieces, _language: parquet_parts(pieces),
    "arrow": lambda pieces, _language: arrow_parts(pieces),
    "xlsx": xlsx_parts,
}
_WHOLE: Mapping[Form, Callable[[Report, Language], bytes]] = {
    "pdf": as_pdf,
    "svg": as_svg,
    "html": as_html,
}
