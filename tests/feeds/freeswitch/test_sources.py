"""Which FreeSWITCH is listened to: the one that the settings, or the command, name."""

from pathlib import Path

import pytest

from services.feeds.facts import Company
from services.feeds.freeswitch.live.feed import LiveFreeSwitch
from services.feeds.freeswitch.settings import FreeSwitchSettings
from services.feeds.kamailio.settings import KamailioSettings
from services.feeds.live.sources import CONNECT, Told, named
from services.feeds.settings import FeedsSettings
from services.feeds.three_cx.settings import ThreeCxSettings
from services.runtime.errors import ClearError
from services.runtime.settings import KafkaSettings
from tests.feeds.samples import MOSCOW


def told(**freeswitch: object) -> Told:
    return Told(
        settings=FeedsSettings(),
        kamailio=KamailioSettings(),
        three_cx=ThreeCxSettings(),
        freeswitch=FreeSwitchSettings(**freeswitch),  # type: ignore[arg-type]  # texts, as the environment has them
        kafka=KafkaSettings(),
        company=Company(MOSCOW),
        home=Path("home"),
        patient=True,
    )


def test_with_empty_variables_there_is_nothing_to_listen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FreeSwitchSettings.model_fields:
        monkeypatch.setenv(f"KVOTA_FEEDS_FREESWITCH_{name.upper()}", "")
    assert FreeSwitchSettings() == FreeSwitchSettings(esl=None, password=None, password_file=None, system=None)
    assert not named(told())


def test_the_settings_say_where_it_is_and_how_to_get_in(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    [live] = named(told(esl="sw1:8021", password="another", password_file=file, system="sw1"))  # noqa: S106  # none
    assert isinstance(live, LiveFreeSwitch)
    assert (live.socket.address, live.socket.password, live.system) == ("sw1:8021", "from the file", "sw1")
    assert live.patient


def test_the_command_chooses_by_source_and_the_password_may_come_from_the_environment() -> None:
    live = CONNECT["freeswitch"](told(password="of the environment"), "sw1:8021")  # noqa: S106  # none
    assert isinstance(live, LiveFreeSwitch)
    assert (live.socket.port, live.socket.password) == (8021, "of the environment")


def test_without_a_password_it_is_said_how_to_give_one() -> None:
    with pytest.raises(ClearError, match="KVOTA_FEEDS_FREESWITCH_PASSWORD_FILE"):
        named(told(esl="sw1:8021"))


def test_what_is_no_address_is_refused_with_one_that_is() -> None:
    with pytest.raises(ClearError, match=r"write HOST:PORT, such as 127\.0\.0\.1:8021"):
        named(told(esl="sw1", password="x"))  # noqa: S106  # none
