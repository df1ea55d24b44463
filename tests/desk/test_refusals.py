"""Whatever the desk refuses, it says why: a word for programs, and a sentence in each language for people."""

import ast
import importlib
import pkgutil
import re
from collections import abc
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.money import Money
from services import desk
from services.desk.deciding import Rejected, Unknown

for module in pkgutil.walk_packages(desk.__path__, "services.desk."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)


def _below(refusal: type[Rejected]) -> Iterator[type[Rejected]]:
    for each in refusal.__subclasses__():
        yield each
        yield from _below(each)


TESTS = Path(__file__).resolve().parents[1]
CYRILLIC = "[А-Яа-яЁё]"
REFUSALS = sorted({*_below(Rejected)} - {Unknown}, key=lambda each: each.__name__)


def test_every_noun_that_can_be_refused_is_here() -> None:
    assert {"UnitUnknown", "QuotaOverlaps", "DealNotOpen"} <= {each.__name__ for each in REFUSALS}


def test_no_two_refusals_are_of_one_kind() -> None:
    kinds = [each.kind for each in REFUSALS]
    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", kind) for kind in kinds)


@pytest.mark.parametrize("refusal", REFUSALS)
@given(data=st.data())
def test_a_refusal_says_why_in_english_and_in_russian(refusal: type[Rejected], data: st.DataObject) -> None:
    told = {name: latin(hint) for name, hint in get_type_hints(refusal.__init__).items() if name != "return"}
    said = data.draw(st.builds(refusal, **told))
    assert str(said) == said.en
    assert re.search("[a-z]", said.en)
    assert not re.search(CYRILLIC, said.en)
    assert re.search(CYRILLIC, said.ru)


def latin(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401  # a type
    """What a refusal may be told, without a Cyrillic letter in it: such are the refusal's own."""
    match get_origin(hint), get_args(hint):
        case None, _ if hint is str:
            return st.text(st.characters(max_codepoint=0x7E), min_size=1)
        case None, _ if hint is Money:
            return st.builds(Money, st.integers(), st.sampled_from(("RUB", "USD")))
        case ((abc.Iterable | abc.Sequence), (each,)):
            return st.lists(latin(each))
        case abc.Mapping, (key, value):
            return st.dictionaries(latin(key), latin(value))
        case _:
            return st.from_type(hint)


def test_each_refusal_is_what_some_test_is_about() -> None:
    named = {node.id for tree in _tests() for node in ast.walk(tree) if isinstance(node, ast.Name)}
    written = {node.value for tree in _tests() for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert [each for each in REFUSALS if each.__name__ not in named and each.kind not in written] == []


def _tests() -> Iterator[ast.Module]:
    """The other tests; an import is no use of a name."""
    for file in sorted(TESTS.rglob("test_*.py")):
        if file != Path(__file__):
            yield ast.parse(file.read_text(encoding="utf-8"))
