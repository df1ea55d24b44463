"""Settings come from the environment once, checked, and do not change."""

from pathlib import Path

import pytest

from services.runtime.errors import ClearError
from services.runtime.settings import HomeSettings, KafkaSettings


def test_without_an_environment_everything_is_local(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KVOTA_HOME", "KVOTA_KAFKA_BOOTSTRAP_SERVERS", "KVOTA_KAFKA_CLIENT_ID", "KVOTA_KAFKA_LINGER_MS"):
        monkeypatch.delenv(name, raising=False)
    assert HomeSettings().home == Path(".kvota")
    assert KafkaSettings().bootstrap_servers == "localhost:9092"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVOTA_HOME", "/var/lib/kvota")
    monkeypatch.setenv("KVOTA_KAFKA_LINGER_MS", "20")
    assert HomeSettings().home == Path("/var/lib/kvota")
    assert KafkaSettings().linger_ms == 20


def test_a_setting_out_of_bounds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVOTA_KAFKA_LINGER_MS", "2000")
    with pytest.raises(ClearError, match=r"^KVOTA_KAFKA_LINGER_MS: Input should be less than or equal to 1000$"):
        KafkaSettings()
