"""What the feeds' process is told: an empty variable, as `NAME=` in a file of variables leaves it, says nothing."""

from pathlib import Path

import pytest

from services.feeds.company import read_company
from services.feeds.live.sources import asterisk
from services.feeds.settings import FeedsSettings

OPTIONAL = ("AMI", "AMI_USERNAME", "AMI_SECRET", "AMI_SECRET_FILE", "SYSTEM", "QUEUE_LOG", "ROSTER")


def test_with_empty_variables_there_is_no_phone_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OPTIONAL:
        monkeypatch.delenv(f"KVOTA_FEEDS_{name}", raising=False)
    untold = FeedsSettings()
    for name in OPTIONAL:
        monkeypatch.setenv(f"KVOTA_FEEDS_{name}", "")
    assert FeedsSettings() == untold
    assert asterisk(FeedsSettings(), read_company("UTC"), Path("home"), patient=True) is None
