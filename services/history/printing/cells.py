"""A value of a report as it is printed, in a language. Pure.

Thousands stand apart, amounts are in roubles and not in kopecks where it is known of which currency they are, and
what is not known is a dash.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from iso4217 import Currency

from services.history.columns import Kind
from services.history.rendering import as_text
from services.history.report import Field
from services.runtime.languages import Language

DASH = "–"
_HUNDRED = 100
_SIGNS: Mapping[Language, Mapping[int, str]] = {
    "en": str.maketrans({"-": "−"}),
    "ru": str.maketrans({",": "\N{NO-BREAK SPACE}", ".": ",", "-": "−"}),
}
"""How a language writes a number, beside Python."""
_FLAGS: Mapping[Language, tuple[str, str]] = {"en": ("no", "yes"), "ru": ("нет", "да")}
_MINOR_UNITS: Mapping[Language, str] = {"en": "minor units", "ru": "мин. ед."}


def printed(kind: Kind, value: Field, language: Language) -> str:
    """A value of a kind; amounts have a currency: they are for `printed_amount`."""
    match value:
        case None | "":
            return DASH
        case bool():
            return _FLAGS[language][value]
        case int() | float() | Decimal():
            return f"{_number(value * _HUNDRED, language)} %" if kind == "ratio" else _number(value, language)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _:
            return as_text(value) or DASH


def printed_amount(minor: Field, currency: Field, language: Language) -> str:
    """An amount in whole units of its currency; in minor units, and saying so, where the currency is not known."""
    if not isinstance(minor, int):
        return DASH
    amount = whole_units(minor, currency)
    return f"{_number(minor, language)} {_MINOR_UNITS[language]}" if amount is None else _number(amount, language)


def whole_units(minor: Field, currency: Field) -> Decimal | None:
    """An amount in whole units, exact; None where it or its currency is not known."""
    digits = _digits(currency)
    return Decimal(f"{minor}e-{digits}") if isinstance(minor, int) and digits is not None else None


def without_minor_units(title: str, language: Language) -> str:
    """The title of a column of amounts once they are in whole units."""
    return title.replace(f", {_MINOR_UNITS[language]}", "")


def _digits(currency: Field) -> int | None:
    """How many digits of an amount are minor units (ISO 4217): 2 of a rouble, 0 of a yen; None: nobody knows."""
    try:
        return Currency(currency).exponent
    except ValueError:
        return None


def _number(number: float | Decimal, language: Language) -> str:
    return f"{number:,}".translate(_SIGNS[language])
