"""What is wrong with a field, in words: pydantic's own in English, ours in Russian."""

from collections.abc import Mapping
from typing import Any

from services.runtime.languages import Language

_OURS = "Value error, "
_BY_TYPE = {
    "missing": "поле обязательно",
    "extra_forbidden": "такого поля нет",
    "string_type": "нужна строка",
    "string_too_short": "символов должно быть не меньше {min_length}",
    "string_too_long": "символов должно быть не больше {max_length}",
    "string_pattern_mismatch": "значение должно подходить под образец {pattern}",
    "int_type": "нужно целое число",
    "int_from_float": "нужно целое число",
    "int_parsing": "нужно целое число",
    "bool_type": "нужно true или false",
    "literal_error": "нужно одно из: {expected}",
    "greater_than": "нужно больше {gt}",
    "greater_than_equal": "нужно не меньше {ge}",
    "less_than": "нужно меньше {lt}",
    "less_than_equal": "нужно не больше {le}",
    "too_short": "элементов должно быть не меньше {min_length}",
    "too_long": "элементов должно быть не больше {max_length}",
    "dict_type": "нужен объект",
    "model_type": "нужен объект",
    "list_type": "нужен список",
    "tuple_type": "нужен список",
    "json_invalid": "это не JSON",
}
_BY_TEXT = {
    "should be an instant with its zone, written like 2026-11-24T09:00:00Z": "нужен момент с часовым поясом, "
    "в виде 2026-11-24T09:00:00Z",
    "should have a zone": "нужен часовой пояс",
    "should be a day, written like 2026-11-24": "нужен день в виде 2026-11-24",
    "should be a moment between 2000 and 9000": "нужен момент между 2000 и 9000 годом",
}


def explained(error: Mapping[str, Any], language: Language) -> str:
    """Say what pydantic found wrong; in English where there is no Russian for it."""
    said = str(error["msg"]).removeprefix(_OURS)
    if language == "en":
        return said
    pattern = _BY_TYPE.get(error["type"])
    return _BY_TEXT.get(said, said) if pattern is None else pattern.format_map(_Given(error.get("ctx", {})))


class _Given(dict[str, object]):
    """The bounds that an error names; "…" for one that it does not."""

    def __missing__(self, name: str) -> str:
        return "…"
