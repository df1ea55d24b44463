"""The columns that a report declares: what each is called, of what kind its values are, and its title for people. Pure.

`-- column: name kind | English title | Русский заголовок`, a line for each column, in the order of the SELECT.
`-- words: name | word = слово | word = слово` names a column of text that has only these words, and says each in
Russian. Programs get the word as it is, and the list; sheets, pages and pictures in Russian have the other.
`-- key: name, name` says which of them tell a row from all others, so that it is known again in another answer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

from services.runtime.languages import Language

Kind = Literal[
    "text",
    "day",
    "instant",
    "flag",
    "count",  # a whole number
    "seconds",
    "minor",  # money in minor units
    "ratio",  # null over zero; 0.8 means 80 %
    "percent",  # 80 means 80 %
    "number",
    "map",  # whole numbers by name, as of each currency
]
"""What the values of a column mean."""

_LINE = re.compile(r"(\w+) (\w+) \| ([^|]+) \| ([^|]+)")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_ANY_NUMBER = (*_WHOLE, "DECIMAL", "DOUBLE")
_HELD_AS: dict[Kind, tuple[str, ...]] = {
    "text": ("VARCHAR", "VARCHAR[]"),
    "day": ("DATE",),
    "instant": ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
    "flag": ("BOOLEAN",),
    "count": _WHOLE,
    "seconds": _ANY_NUMBER,
    "minor": _WHOLE,
    "ratio": _ANY_NUMBER,
    "percent": _ANY_NUMBER,
    "number": _ANY_NUMBER,
    "map": ("MAP",),
}
"""The types of DuckDB that a kind may have, without what stands in parentheses."""


class Told(NamedTuple):
    """A text for people, in both languages."""

    en: str
    ru: str

    def to(self, language: Language) -> str:
        """It in one of them."""
        return self.ru if language == "ru" else self.en


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a report is."""

    name: str
    kind: Kind
    title: Told
    words: tuple[Told, ...] = ()
    """The words that it may have, in English as they are held; none: it may have any text."""

    def named(self, language: Language) -> Mapping[str, str]:
        """What each of its words is in a language."""
        return {word.en: word.to(language) for word in self.words}


def read_columns(lines: Iterable[str], words: Iterable[str] = ()) -> tuple[Column, ...]:
    """Read what a report declares, without the marks of the comment; raises ValueError for what is not well formed."""
    columns = _worded(tuple(map(_column, lines)), words)
    if not columns:
        message = "declare the columns: `-- column: name kind | English title | Русский заголовок`"
        raise ValueError(message)
    for of in (_names(columns), [each.title.en for each in columns], [each.title.ru for each in columns]):
        if len(set(of)) < len(of):
            message = f"two columns are called alike: {', '.join(of)}"
            raise ValueError(message)
    return columns


def read_key(lines: Sequence[str], columns: Iterable[Column]) -> tuple[str, ...]:
    """Read which columns tell a row from all others; raises ValueError when they are not some of these, each once."""
    named = [name.strip() for line in lines for name in line.split(",")]
    if len(lines) != 1 or len(set(named)) < len(named) or not {column.name for column in columns}.issuperset(named):
        message = "one line `-- key: name, name`, of columns that are declared"
        raise ValueError(message)
    return tuple(named)


def disagreement(columns: Sequence[Column], described: Sequence[tuple[str, str]]) -> str | None:
    """How declared columns differ from names and types that DuckDB tells of a result; None: they agree."""
    names = [name for name, _ in described]
    if _names(columns) != names:
        return f"declared are {', '.join(_names(columns))}; the SELECT gives {', '.join(names)}"
    held = zip(columns, (kind for _, kind in described), strict=True)
    wrong = [f"{column.name} {column.kind} is a {kind}" for column, kind in held if not _may_be(column.kind, kind)]
    return "; ".join(wrong) or None


def _may_be(kind: Kind, held: str) -> bool:
    return held.partition("(")[0] in _HELD_AS[kind]


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _column(line: str) -> Column:
    found = _LINE.fullmatch(" ".join(line.split()))
    kinds = get_args(Kind)
    if found is None or found[2] not in kinds:
        message = (
            f"`-- column: name kind | English title | Русский заголовок`, a kind of {', '.join(kinds)}, not {line!r}"
        )
        raise ValueError(message)
    [kind] = [each for each in kinds if each == found[2]]
    return Column(found[1], kind, Told(found[3], found[4]))


def _worded(columns: tuple[Column, ...], lines: Iterable[str]) -> tuple[Column, ...]:
    """The columns, with the words that some of them may have."""
    words = dict(map(_words, lines))
    texts = {column.name for column in columns if column.kind == "text"}
    if unknown := words.keys() - texts:
        message = f"words: no column of text is called {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return tuple(replace(column, words=words.get(column.name, ())) for column in columns)


def _words(line: str) -> tuple[str, tuple[Told, ...]]:
    name, *pairs = (part.strip() for part in line.split("|"))
    told = [Told(en.strip(), ru.strip()) for en, _, ru in (pair.partition("=") for pair in pairs)]
    if not told or not all(word.en and word.ru for word in told) or len({word.en for word in told}) < len(told):
        message = f"`-- words: name | word = слово | word = слово`, each word once, not {line!r}"
        raise ValueError(message)
    return name, tuple(told)
