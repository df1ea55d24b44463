"""What reports there are: their questions, what each can be asked with, and what its columns mean."""

from collections.abc import Iterable

import msgspec

from services.history.charts import Chart
from services.history.questions import Parameter, Question
from services.history.rendering import described_columns
from services.runtime.languages import Language


def catalogue(questions: Iterable[Question], country: str, language: Language) -> bytes:
    """The reports as one JSON object, in a language; the company's country is the default of a country."""
    return msgspec.json.encode({"reports": [_listed(each, country, language) for each in questions]})


def _listed(question: Question, country: str, language: Language) -> dict[str, object]:
    return {
        "name": question.name,
        "question": question.question.to(language),
        "parameters": [_parameter(each, country) for each in question.parameters],
        "key": question.key,
        "columns": described_columns(question.columns, language),
        "chart": None if question.chart is None else _drawn(question.chart),
        "needs": None if question.needs is None else question.needs.to(language),
    }


def _drawn(chart: Chart) -> dict[str, object]:
    """Its picture: what is drawn, by the names of columns."""
    return {"mark": chart.mark, "x": chart.x, "y": chart.y, "by": chart.by, "between": chart.between}


def _parameter(parameter: Parameter, country: str) -> dict[str, object]:
    """A parameter; those of which only some words are allowed are of the type `word`, and say which."""
    default = country if parameter.kind == "country" else parameter.assumed
    type_of = {"type": "word", "one_of": parameter.words} if parameter.words else {"type": parameter.kind}
    return {"name": parameter.name, **type_of, "default": default, "required": parameter.default is None}
