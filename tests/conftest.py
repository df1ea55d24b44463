"""What tests of the shell share: one real broker, started when the first test asks for it."""

from collections.abc import Generator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from services.broker.broker import Broker
from services.broker.folder import BrokerAddress

pytest_plugins = ["tests.browser"]
settings.register_profile("no deadline", deadline=None)  # a busy machine is no fault of what is tested
settings.load_profile("no deadline")
CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _own_logs() -> Generator[None, None, None]:
    """Let no test log to where an earlier one did: that stream may be closed."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def home() -> Path:
    """Kvota's home in this checkout: Kafka is installed there once and for all."""
    return CHECKOUT / ".kvota"


@pytest.fixture(scope="session")
def broker(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[BrokerAddress, None, None]:
    """Run a real broker for this session, on a free port and an empty data directory."""
    with Broker(home=home, data_dir=tmp_path_factory.mktemp("broker")).running() as address:
        yield address


@pytest.fixture
def fresh_bootstrap(home: Path, tmp_path: Path) -> Generator[BrokerAddress]:
    """Return the bootstrap servers of a broker of the test's own: where topics have fixed names."""
    with Broker(home=home, data_dir=tmp_path / "broker").running() as address:
        yield address


@pytest.fixture(scope="session")
def bootstrap(broker: BrokerAddress) -> str:
    """Return the bootstrap servers of the session's broker."""
    return broker
