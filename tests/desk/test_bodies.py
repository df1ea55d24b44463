"""Bodies of requests are strict to the last part: what is not known, or of another type, is refused."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from services.desk import app
from services.desk.bodies import Body
from services.desk.deals.routes import AdvanceBody
from services.desk.headcount.routes import PlanBody
from services.desk.hiring.routes import InterviewBody
from services.desk.quotas.routes import QuotaBody, RelieveBody


def bodies(model: type[Body] = Body) -> Iterator[type[Body]]:
    """Every body that a route asks for."""
    for each in model.__subclasses__():
        yield each
        yield from bodies(each)


def parts(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401  # a type
    """The models that a field is made of, and those that these are made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from parts(field.annotation)
    for argument in get_args(annotation):
        yield from parts(argument)


assert app, "all routes are known"
BODIES = [pytest.param(body, id=f"{body.__module__.split('.')[-2]}.{body.__name__}") for body in bodies()]


@pytest.mark.parametrize("body", BODIES)
def test_every_part_of_a_body_is_strict(body: type[Body]) -> None:
    for part in parts(body):
        assert (part.model_config.get("extra"), part.model_config.get("strict")) == ("forbid", True), part


NESTED: list[tuple[type[Body], str, dict[str, object], dict[str, object]]] = [
    (AdvanceBody, "criteria", {"stage": "offer"}, {"criterion": "budget", "met": True}),
    (InterviewBody, "ratings", {"interviewers": ["a"], "outcome": "advanced"}, {"skill": "listening", "rating": 4}),
    (
        PlanBody,
        "posts",
        {"unit": "north", "currency": "RUB", "starts_on": "2027-01-01", "ends_on": "2028-01-01"},
        {"post": "seller", "positions": 5, "cost_minor": 100},
    ),
    (
        QuotaBody,
        "ramp",
        {
            "holder": "anna",
            "holder_kind": "rep",
            "currency": "RUB",
            "target": 100,
            "starts_on": "2027-01-01",
            "ends_on": "2028-01-01",
        },
        {"tenure_month": 1, "factor_bp": 2_500},
    ),
    (RelieveBody, "reliefs", {"reason": "leave"}, {"period": "2027-01", "relieved": 5}),
]


@pytest.mark.parametrize(("body", "field", "rest", "part"), NESTED, ids=[case[0].__name__ for case in NESTED])
def test_a_part_with_a_field_that_is_not_known_or_of_another_type_is_refused(
    body: type[Body], field: str, rest: dict[str, object], part: dict[str, object]
) -> None:
    last = list(part)[-1]
    for wrong in ({**part, "colour": "red"}, {**part, last: str(part[last])}):
        with pytest.raises(ValidationError):
            body.model_validate_json(json.dumps({**rest, field: [wrong]}))
    assert body.model_validate_json(json.dumps({**rest, field: [part]}))
