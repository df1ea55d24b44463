"""Strategies for every event, read off its class: whatever the class allows, the log may one day hold."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin
from uuid import UUID

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from events.calls import CallRestated
from events.deals import DealAmended, DealRefunded, DealWon, InvoicePaid
from events.event import EffectiveEvent, Event, IntervalEvent
from events.goals import PeriodTarget, QuotaAmended, QuotaAssigned
from events.leads import LeadPoolDefined, PoolMember
from events.tactics import TacticCostAmended
from events.training import Module, ProgrammePublished, SessionHeld

Values = dict[str, Any]
"""The fields of an event to be, by name."""

_LAST_DAY = date(9999, 12, 30)
_INT64 = (-(2**63), 2**63 - 1)
_GREATEST_AMOUNT = 10**14 - 1
_SCALARS: Mapping[object, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    date: st.dates(max_value=_LAST_DAY),
    datetime: st.datetimes(timezones=st.just(UTC)),
    UUID: st.uuids(),
}


def events(model: type[Event]) -> st.SearchStrategy[Event]:
    """Draw events of one class."""
    return cast("st.SearchStrategy[Event]", _instances(model))


def _instances(model: type[BaseModel]) -> st.SearchStrategy[BaseModel]:
    fields = {name: _values(info.annotation, info.metadata) for name, info in model.model_fields.items()}
    return st.fixed_dictionaries(fields).map(lambda values: model(**_consistent(model, values)))


def _values(annotation: Any, metadata: Iterable[object] = ()) -> st.SearchStrategy[Any]:  # noqa: ANN401, PLR0911  # one line for each form that an annotation has
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(args[0], (*metadata, *args[1:]))
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, UnionType):
        return st.one_of(*(st.none() if arg is type(None) else _values(arg) for arg in args))
    limits = list(_flat(metadata))
    if origin is tuple:
        fewest = next((limit.min_length for limit in limits if isinstance(limit, MinLen)), 0)
        return st.lists(_values(args[0]), min_size=fewest, max_size=3).map(tuple)
    if annotation is int:
        return _whole_numbers(limits)
    if annotation is str:
        return _texts(limits)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _instances(annotation)
    return _SCALARS[annotation]


def _flat(metadata: Iterable[object]) -> Iterable[object]:
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from _flat(item.metadata)
        elif isinstance(item, GroupedMetadata):
            yield item
            yield from item
        else:
            yield item


def _whole_numbers(limits: Iterable[object]) -> st.SearchStrategy[int]:
    least, most = _INT64
    for limit in limits:
        match limit:
            case Ge(ge=int(bound)):
                least = bound
            case Gt(gt=int(bound)):
                least = bound + 1
            case Le(le=int(bound)):
                most = bound
            case Lt(lt=int(bound)):
                most = bound - 1
            case _:
                pass
    return st.integers(least, most)


def _texts(limits: Iterable[object]) -> st.SearchStrategy[str]:
    fewest, most = 0, math.inf
    for limit in limits:
        match limit:
            case StringConstraints(pattern=str(pattern)):
                return st.from_regex(pattern, fullmatch=True)
            case MinLen(min_length=bound):
                fewest = bound
            case MaxLen(max_length=bound):
                most = bound
            case _:
                pass
    return st.text(st.characters(codec="utf-8"), min_size=fewest, max_size=int(min(most, 20)))


def _consistent(model: type[BaseModel], values: Values) -> Values:
    """Make fields agree where the class asks for more than each field by itself."""
    for base, agree in _AGREEMENTS:
        if issubclass(model, base):
            values = agree(values)
    return values


def _in_order(values: Values) -> Values:
    if values["ends_on"] is None:
        return values
    first, last = sorted((values["starts_on"], values["ends_on"]))
    return values | {"starts_on": first, "ends_on": last + timedelta(days=1)}


def _credited(values: Values) -> Values:
    """Let the amount be what the credits make up, or a part of it where overlays are allowed."""
    credited = sum(part.amount_minor for part in values["credits"])
    amount = min(credited, values["amount_minor"]) if values["overlays"] else credited
    small = [part.model_copy(update={"amount_minor": part.amount_minor >> 2}) for part in values["credits"]]
    return (
        values | {"amount_minor": amount}
        if amount <= _GREATEST_AMOUNT
        else _credited(values | {"credits": tuple(small)})
    )


def _proved(values: Values) -> Values:
    return values | ({} if values["novelty_evidence"] else {"novelty": "new"})


def _tiled(values: Values) -> Values:
    """Let one period be the whole interval, and the currency be there for money and for nothing else."""
    period = values["periods"][0].model_copy(
        update={"starts_on": values["starts_on"], "ends_on": values["ends_on"], "target": values["target"]}
    )
    currency = (values["currency"] or "RUB") if values["measure"] == "revenue" else None
    return values | {"periods": (period,), "currency": currency}


def _of_one_kind(values: Values) -> Values:
    was = values["was"]
    return values | {"deal": was.deal, "now": was}


def _of_one_call(values: Values) -> Values:
    return values | {"now": values["was"]}


def _of_one(name: str) -> Callable[[Values], Values]:
    """Let what was and what is be of the thing that the field `name` is the id of."""

    def agree(values: Values) -> Values:
        same = {name: values[name]}
        return values | {each: values[each].model_copy(update=same) for each in ("was", "now")}

    return agree


def _each_once(*fields: str) -> Callable[[Values], Values]:
    """Let nobody and nothing stand twice in these fields together."""

    def agree(values: Values) -> Values:
        taken = set[str]()
        kept = dict[str, tuple[Any, ...]]()
        for field in fields:
            first = {_named(each): each for each in reversed(values[field]) if _named(each) not in taken}
            kept[field] = tuple(reversed(first.values()))
            taken |= first.keys()
        return values | kept

    return agree


def _named(each: str | Module | PoolMember) -> str:
    match each:
        case Module(module=name) | PoolMember(rep=name) | str(name):
            return name


_AGREEMENTS: tuple[tuple[type[BaseModel] | tuple[type[BaseModel], ...], Callable[[Values], Values]], ...] = (
    ((EffectiveEvent, IntervalEvent, PeriodTarget), _in_order),
    ((DealWon, DealRefunded, InvoicePaid), _credited),
    (DealWon, _proved),
    (QuotaAssigned, _tiled),
    (CallRestated, _of_one_call),
    (DealAmended, _of_one_kind),
    (QuotaAmended, _of_one("quota")),
    (TacticCostAmended, _of_one("cost")),
    (ProgrammePublished, _each_once("modules")),
    (LeadPoolDefined, _each_once("members")),
    (SessionHeld, _each_once("attended", "missed")),
)
