"""A report is one SQL file: the question in English and Russian, its parameters and columns, then one SELECT.

The first comment asks the question, the second asks it after `ru:`; both end in a question mark.
`-- param: name type default`: the type is text, day, instant, zone, country, whole, or the allowed words joined by `|`.
The default `null` means that the parameter may be left out and says nothing, and only then may it be given as `null`;
without a default it must be given. A report with a country finds its working days in the relation
`working_days(day)`; unless one is given, it is the company's.
Columns, and the key of a row, are declared as `columns.py` says, its picture as `charts.py` does, and which facts are
behind a row as `behind.py` does.
`-- then: SELECT known_at, … AS parameter FROM …`: for each of these rows the report is asked before itself, as of what
was known at that moment and with these parameters in place of its own, and finds its answers in the relation
`told_then`, whose columns are its own; the moments at which anything was known are in `known_then(moment)`.
`-- needs: English | Русский` says what the report cannot tell yet, since decisions or feeds that it would need are not
there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from events.event import in_utc
from services.history.behind import ROLES, Behind, Role, read_behind
from services.history.charts import Chart, read_chart
from services.history.columns import Column, Told, read_columns, read_key
from services.history.errors import BadParametersError
from services.runtime.errors import WrongField

_FOLDER = Path(__file__).parent / "reports"
_NULL = "null"
_RU = "ru:"
_GOES_ON = "\n--    "
TAKEN = ("after", "known_at", "cut", "versus", "format", "column")
"""What no parameter of a report can be called: so it is said how a report is asked."""
_LEAST, _GREATEST = -(2**63), 2**63 - 1

Value = str | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a report can be asked with."""

    name: str
    kind: str
    default: str | None
    """As text; None: it must be given."""

    @property
    def words(self) -> tuple[str, ...]:
        """The words that it may be; none: it may be any value of its kind."""
        return tuple(self.kind.split("|")) if "|" in self.kind else ()

    @property
    def expected(self) -> Told:
        """What it has to be, in words."""
        listed = ", ".join(self.words)
        return Told(f"one of {listed}", f"одно из: {listed}") if self.words else _EXPECTED[self.kind]

    @property
    def assumed(self) -> str | None:
        """What it is when it is left out; None: it then says nothing, or it must be given."""
        return None if self.default == _NULL else self.default


@dataclass(frozen=True, slots=True)
class Question:
    """A loaded report."""

    name: str
    question: Told
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns that tell a row from all others."""
    needs: Told | None
    """What would have to be there for what it cannot tell yet; None: it tells all that it asks about."""
    chart: Chart | None
    then: str | None
    """The SELECT of when it is to be asked before, and with what; None: it is not."""
    behind: tuple[Behind, ...]
    """Which facts make its rows, and what they are read with."""
    sql: str

    @property
    def country(self) -> str | None:
        """The name of the parameter that says whose working days it needs, if any."""
        return next((parameter.name for parameter in self.parameters if parameter.kind == "country"), None)

    def bind(self, given: Mapping[str, str]) -> dict[str, Value]:
        """The value of every parameter, given or by default; raises BadParametersError, that says all that is wrong."""
        known = ", ".join(sorted(parameter.name for parameter in self.parameters))
        unknown = sorted(given.keys() - {parameter.name for parameter in self.parameters})
        wrong = [WrongField(name, *_unknown(self.name, known)) for name in unknown]
        bound = dict[str, Value]()
        for parameter in self.parameters:
            value = value_of(parameter, given)
            if isinstance(value, WrongField):
                wrong.append(value)
            else:
                bound[parameter.name] = value
        if wrong:
            raise BadParametersError(*wrong)
        return bound


def load_questions(folder: Path = _FOLDER) -> dict[str, Question]:
    """Every report of a folder, by name."""
    return {path.stem: load_question(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))}


def load_question(name: str, text: str) -> Question:
    """Read a report; raises ValueError when its question, a parameter or a column is not well formed."""
    comments = _comments(text)
    try:
        columns = read_columns(_lines("column:", comments), _lines("words:", comments))
        key = read_key(_lines("key:", comments), columns)
        parameters = tuple(map(_parameter, _lines("param:", comments)))
        return Question(
            name=name,
            question=_question(comments),
            parameters=parameters,
            columns=columns,
            key=key,
            needs=_needs(_lines("needs:", comments)),
            chart=read_chart(_lines("chart:", comments), columns, key),
            then=_then(_lines("then:", comments)),
            behind=_behind(comments, columns, parameters),
            sql=text,
        )
    except ValueError as error:
        message = f"reports/{name}.sql: {error}"
        raise ValueError(message) from None


def _comments(text: str) -> list[str]:
    """The comments, without their marks; one that is indented goes on with the one before."""
    lines = "\n".join(line for line in text.splitlines() if line.startswith("--"))
    return [line.removeprefix("--").strip() for line in lines.replace(_GOES_ON, " ").splitlines()]


def _question(comments: Sequence[str]) -> Told:
    en, ru = [*comments, "", ""][:2]
    if not (en.endswith("?") and ru.startswith(_RU) and ru.endswith("?")):
        message = "begin with a comment that asks the question, then ask it in Russian after `-- ru:`"
        raise ValueError(message)
    return Told(en, ru.removeprefix(_RU).strip())


def _needs(lines: Sequence[str]) -> Told | None:
    if not lines:
        return None
    en, bar, ru = lines[0].partition(" | ")
    if not bar or len(lines) > 1:
        message = "one line `-- needs: English | Русский`"
        raise ValueError(message)
    return Told(en.strip(), ru.strip())


def _then(lines: Sequence[str]) -> str | None:
    if not lines:
        return None
    sql = lines[0].strip()
    if len(lines) > 1 or not sql.startswith("SELECT "):
        message = "one line `-- then: SELECT known_at, … AS parameter`"
        raise ValueError(message)
    return sql


def _behind(comments: Sequence[str], columns: Sequence[Column], parameters: Sequence[Parameter]) -> tuple[Behind, ...]:
    declared: dict[Role, list[str]] = {role: _lines(f"{role}:", comments) for role in ROLES}
    asked = [each.name for each in parameters if each.kind != "country"]
    return read_behind(declared, _lines("with:", comments), columns, asked)


def _lines(mark: str, comments: Sequence[str]) -> list[str]:
    return [line.removeprefix(mark) for line in comments if line.startswith(mark)]


def _parameter(line: str) -> Parameter:
    name, kind, default, *rest = [*line.split(), None, None, None][:4]
    if name is None or kind is None or rest != [None] or not (kind in _READERS or "|" in kind):
        message = f"`-- param: name type default`, not {line!r}"
        raise ValueError(message)
    if name in TAKEN:
        message = f"every report can be asked with {name}: a parameter needs another name"
        raise ValueError(message)
    return Parameter(name, kind, default)


def _unknown(report: str, known: str) -> tuple[str, str]:
    en = f"{report} has no such parameter; there are: {known or 'none'}"
    there = f"есть: {known}" if known else "параметров у него нет"
    return en, f"у отчёта {report} нет такого параметра; {there}"


def value_of(parameter: Parameter, given: Mapping[str, str]) -> Value | WrongField:
    """The value of a parameter, given or by default; or what is wrong with it."""
    text = given.get(parameter.name, parameter.default)
    if text == _NULL == parameter.default:
        return None
    en, ru = parameter.expected
    if text is None:
        return WrongField(parameter.name, f"it must be given: {en}", f"нужно значение: {ru}")
    try:
        return _READERS.get(parameter.kind, _one_of(parameter.words))(text)
    except ValueError:
        return WrongField(parameter.name, f"{text!r} is not {en}", f"{text!r} не подходит, нужно: {ru}")


def _instant(text: str) -> datetime:
    return in_utc(datetime.fromisoformat(text))


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, OSError):  # a name may be a folder, or longer than a file's
        raise ValueError from None


def _whole(text: str) -> int:
    number = int(text)
    if not _LEAST <= number <= _GREATEST:
        raise ValueError
    return number


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return read


_READERS: Mapping[str, Callable[[str], Value]] = {
    "text": str,
    "day": date.fromisoformat,
    "instant": _instant,
    "zone": _zone,
    "country": str,
    "whole": _whole,
}
_EXPECTED = {
    "text": Told("a text", "строка"),
    "day": Told("a day, such as 2026-11-24", "день, например 2026-11-24"),
    "instant": Told(
        "an instant with its zone, such as 2026-11-24T09:00:00Z",
        "момент с часовым поясом, например 2026-11-24T09:00:00Z",
    ),
    "zone": Told("a time zone, such as Europe/Moscow", "часовой пояс, например Europe/Moscow"),
    "country": Told("a country as ISO 3166 writes it, such as RU", "страна по ISO 3166, например RU"),
    "whole": Told("a whole number below 2^63", "целое число меньше 2^63"),
}
