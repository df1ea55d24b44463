"""Our three packages have names that others like too; the day a dependency ships one of them, it must not go unseen."""

from importlib.metadata import packages_distributions

import pytest

OUR_DISTRIBUTION = "kvota"


@pytest.mark.parametrize("name", ["events", "projections", "services"])
def test_no_dependency_ships_one_of_our_package_names(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {OUR_DISTRIBUTION}
