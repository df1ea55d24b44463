"""Which phone systems are listened to: those that the settings, or the command, name."""

from pathlib import Path

import pytest

from services.feeds.freeswitch.settings import FreeSwitchSettings
from services.feeds.kamailio.live.evapi import LiveEvapi
from services.feeds.kamailio.live.topic import LiveTopic
from services.feeds.kamailio.settings import KamailioSettings
from services.feeds.live.address import Address, read_address
from services.feeds.live.sources import CONNECT, Told, named
from services.feeds.settings import FeedsSettings
from services.feeds.three_cx.settings import ThreeCxSettings
from services.runtime.errors import ClearError
from services.runtime.settings import KafkaSettings
from tests.feeds.kamailio.given import COMPANY
from tests.feeds.test_service_kafka import process


def told(**kamailio: str) -> Told:
    return Told(
        settings=FeedsSettings(),
        kamailio=KamailioSettings(**kamailio),  # type: ignore[arg-type]  # texts, as the environment has them
        three_cx=ThreeCxSettings(),
        freeswitch=FreeSwitchSettings(),
        kafka=KafkaSettings(bootstrap_servers="ours:9092"),
        company=COMPANY,
        home=Path("home"),
        patient=True,
    )


def test_without_settings_there_is_nothing_to_listen_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KamailioSettings.model_fields:
        monkeypatch.setenv(f"KVOTA_FEEDS_KAMAILIO_{name.upper()}", "")
    assert KamailioSettings() == KamailioSettings(evapi=None, topic=None, brokers=None, system=None)
    assert not named(told())


def test_evapi_and_a_topic_can_be_listened_to_side_by_side() -> None:
    evapi, topic = named(told(evapi="[::1]:8448", topic="acc"))
    assert isinstance(evapi, LiveEvapi)
    assert isinstance(topic, LiveTopic)
    assert evapi.address == Address("::1", 8448)
    assert (topic.topic, topic.kafka.bootstrap_servers, topic.patient) == ("acc", "ours:9092", True)


def test_a_topic_may_be_on_other_brokers() -> None:
    [topic] = named(told(topic="acc", brokers="theirs:9092"))
    assert isinstance(topic, LiveTopic)
    assert topic.kafka.bootstrap_servers == "theirs:9092"


def test_the_command_chooses_by_source() -> None:
    live = CONNECT["kamailio"](told(), "edge:8448")
    assert isinstance(live, LiveEvapi)
    assert str(live.address) == "edge:8448"


@pytest.mark.parametrize("written", ["edge", "edge:", "edge:0", "edge:65536", ":1"])
def test_what_is_no_address_is_refused_with_one_that_is(written: str) -> None:
    with pytest.raises(ClearError, match="is no address: write HOST:PORT, such as"):
        read_address(written, 8448)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("avaya", "--connect", "x:1"), "--connect listens to 3cx or asterisk or freeswitch or kamailio"),
        (("asterisk", "--topic", "x"), "--topic listens to kamailio"),
        (("asterisk", "--listen", "x:1"), "--listen listens to 3cx"),
        (("aircall", "--listen", "x:1"), "aircall calls us over HTTP: python -m services.feeds is the door"),
        (("twilio",), "say what to read: --file FILE; twilio calls us over HTTP"),
        (("kamailio", "--topic", "x", "--dry-run"), "takes neither --file nor --dry-run"),
        (("kamailio", "--topic", "x", "--connect", "x:1"), "one of --connect, --listen and --topic"),
        (("kamailio", "--connect", "x"), "'x' is no address"),
    ],
)
async def test_the_command_says_what_it_can_listen_to(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    command = ("-c", "from services.cli.main import main; main()", "feed", *options)
    async with process(*command, KVOTA_HOME=str(tmp_path)) as feed:
        _, errors = await feed.communicate()
    assert feed.returncode == 2
    assert said in errors.decode()
