"""Whatever the desk refuses, it says why: a word for programs, and a sentence in each language for people."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import desk
from services.desk.deciding import Rejected, Unknown

for module in pkgutil.walk_packages(desk.__path__, "services.desk."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)


def _below(refusal: type[Rejected]) -> Iterator[type[Rejected]]:
    for each in refusal.__subclasses__():
        yield each
        yield from _below(each)


REFUSALS = sorted({*_below(Rejected)} - {Unknown}, key=lambda each: each.__name__)


def test_every_noun_that_can_be_refused_is_here() -> None:
    assert {"UnitUnknown", "QuotaOverlaps", "DealNotOpen"} <= {each.__name__ for each in REFUSALS}


def test_no_two_refusals_are_of_one_kind() -> None:
    kinds = [each.kind for each in REFUSALS]
    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", kind) for kind in kinds)


@pytest.mark.filterwarnings("ignore:Ignoring unsupported:hypothesis.errors.HypothesisWarning")  # a pattern
@pytest.mark.parametrize("refusal", REFUSALS)
@given(data=st.data())
def test_a_refusal_says_why_in_english_and_in_russian(refusal: type[Rejected], data: st.DataObject) -> None:
    said = data.draw(st.builds(refusal))
    assert str(said) == said.en
    assert re.search("[a-z]", said.en)
    assert re.search("[а-я]", said.ru)
