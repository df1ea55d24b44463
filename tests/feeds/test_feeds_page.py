"""The page about feeds names every source that calls us, and every variable of the service."""

from pathlib import Path

from services.feeds.freeswitch.settings import FreeSwitchSettings
from services.feeds.kamailio.settings import KamailioSettings
from services.feeds.registry import WEBHOOKS
from services.feeds.settings import FeedsSettings
from services.feeds.three_cx.settings import ThreeCxSettings

PAGE = (Path(__file__).parents[2] / "docs" / "feeds.md").read_text("utf-8")


def test_every_source_that_calls_us_has_its_line() -> None:
    named = {line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `") and "KVOTA_" not in line}
    assert named == WEBHOOKS.keys()


def test_every_variable_has_its_line() -> None:
    named = {line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `KVOTA_")}
    assert named == {
        f"{settings.model_config.get('env_prefix')}{name.upper()}"
        for settings in (FeedsSettings, FreeSwitchSettings, KamailioSettings, ThreeCxSettings)
        for name in settings.model_fields
    }
