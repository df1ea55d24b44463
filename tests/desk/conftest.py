"""What the desk's tests with real Kafka share: a broker for each file, since the desk's topic has a fixed name."""

from collections.abc import Generator
from pathlib import Path

import pytest

from services.broker.broker import Broker
from services.broker.folder import BrokerAddress


@pytest.fixture(scope="module")
def own_bootstrap(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[BrokerAddress]:
    """The bootstrap servers of a broker of the file's own."""
    with Broker(home=home, data_dir=tmp_path_factory.mktemp("broker")).running() as address:
        yield address
