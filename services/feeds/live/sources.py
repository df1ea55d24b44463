"""The phone systems that can be listened to, and those that the settings name: listened to until told to stop."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Protocol

from services.feeds.appender import Appender
from services.feeds.asterisk.live.connection import Manager
from services.feeds.asterisk.live.feed import LiveAsterisk
from services.feeds.callers.heard import Callers, LookUp
from services.feeds.company import read_zone
from services.feeds.facts import Company
from services.feeds.freeswitch.live.connection import EventSocket
from services.feeds.freeswitch.live.feed import LiveFreeSwitch
from services.feeds.freeswitch.settings import FreeSwitchSettings
from services.feeds.kamailio.live.evapi import LiveEvapi
from services.feeds.kamailio.live.topic import LiveTopic
from services.feeds.kamailio.settings import KamailioSettings
from services.feeds.live.address import read_address
from services.feeds.live.feed import ToldTime, unnoticed
from services.feeds.settings import FeedsSettings
from services.feeds.three_cx.fields import ORDER, read_fields
from services.feeds.three_cx.live.feed import LiveThreeCx, Socket
from services.feeds.three_cx.settings import ThreeCxSettings
from services.runtime.errors import ClearError
from services.runtime.settings import KafkaSettings

_AMI, _CDR, _ESL, _EVAPI = 5038, 5483, 8021, 8448
"""The ports that are usual."""
_MB = 1024 * 1024
_PATIENCE_S = 10.0
"""How long an attempt to append may take; there is always another one."""


class Live(Protocol):
    """A phone system that is listened to."""

    async def run(self, appender: Appender, stop: asyncio.Event) -> None:
        """Feed until `stop` is set; raises ClearError when that cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was said of the phone systems to listen to, and for whom."""

    settings: FeedsSettings
    kamailio: KamailioSettings
    three_cx: ThreeCxSettings
    freeswitch: FreeSwitchSettings
    kafka: KafkaSettings
    company: Company
    home: Path
    patient: bool
    """Whether a phone system that does not let us in is asked again and again."""
    told_time: ToldTime = unnoticed


def _asterisk(told: Told) -> LiveAsterisk | None:
    live = asterisk(told.settings, told.company, told.home, patient=told.patient)
    return None if live is None else replace(live, told_time=told.told_time)


def asterisk(settings: FeedsSettings, company: Company, home: Path, *, patient: bool) -> LiveAsterisk | None:
    """Give the Asterisk that the settings name, if any; raises ClearError for an address or a file that is none."""
    if settings.ami is None:
        return None
    if settings.queue_log is not None and not settings.queue_log.is_file():
        message = f"there is no queue_log at {settings.queue_log}"
        raise ClearError(message)
    address, secret = read_address(settings.ami, _AMI), settings.secret
    return LiveAsterisk(
        manager=Manager(address.host, address.port, settings.ami_username, secret),
        company=company,
        home=home,
        system=settings.system,
        queue_log=settings.queue_log,
        spool_bytes=settings.spool_mb * _MB,
        patient=patient,
    )


def evapi(told: Told) -> LiveEvapi | None:
    """Give the Kamailio whose evapi the settings name, if any; raises ClearError for an address that is none."""
    if told.kamailio.evapi is None:
        return None
    return LiveEvapi(
        address=read_address(told.kamailio.evapi, _EVAPI),
        company=told.company,
        home=told.home,
        system=told.kamailio.system,
        spool_bytes=told.settings.spool_mb * _MB,
    )


def topic(told: Told) -> LiveTopic | None:
    """Give the Kamailio whose topic the settings name, if any."""
    if told.kamailio.topic is None:
        return None
    brokers = told.kamailio.brokers or told.kafka.bootstrap_servers
    return LiveTopic(
        kafka=told.kafka.model_copy(update={"bootstrap_servers": brokers}),
        topic=told.kamailio.topic,
        company=told.company,
        home=told.home,
        system=told.kamailio.system,
        patient=told.patient,
    )


def passive(told: Told) -> LiveThreeCx | None:
    """Give the 3CX whose passive socket the settings name, if any; raises ClearError for what makes no sense of it."""
    return _three_cx(told, "passive", told.three_cx.connect)


def active(told: Told) -> LiveThreeCx | None:
    """Give the 3CX that is to connect to us, if any; raises ClearError for what makes no sense of it."""
    return _three_cx(told, "active", told.three_cx.listen)


def _three_cx(told: Told, socket: Socket, address: str | None) -> LiveThreeCx | None:
    said = told.three_cx
    if address is None:
        return None
    return LiveThreeCx(
        socket=socket,
        address=read_address(address, _CDR),
        fields=ORDER if said.fields is None else read_fields(said.fields),
        zone=UTC if said.source_zone is None else read_zone(said.source_zone),
        company=told.company,
        home=told.home,
        system=said.system,
        spool_bytes=told.settings.spool_mb * _MB,
    )


def freeswitch(told: Told) -> LiveFreeSwitch | None:
    """Give the FreeSWITCH that the settings name, if any; raises ClearError for an address or a password that is none.

    A file of the password that cannot be read raises OSError.
    """
    if told.freeswitch.esl is None:
        return None
    address = read_address(told.freeswitch.esl, _ESL)
    return LiveFreeSwitch(
        socket=EventSocket(address.host, address.port, told.freeswitch.secret),
        company=told.company,
        home=told.home,
        system=told.freeswitch.system,
        spool_bytes=told.settings.spool_mb * _MB,
        patient=told.patient,
        told_time=told.told_time,
    )


LIVE: Sequence[Callable[[Told], Live | None]] = (_asterisk, freeswitch, evapi, topic, passive, active)
"""What can be listened to, each if the settings name it."""


def named(told: Told, look_up: LookUp | None = None) -> list[Live]:
    """Give all that the settings name, each with callers of its own, whom `look_up` knows.

    Raises ClearError for settings that make no sense.
    """
    return [live for make in LIVE if (live := make(with_callers(told, look_up))) is not None]


def with_callers(told: Told, look_up: LookUp | None) -> Told:
    """The same, for one source, whose callers `look_up` knows."""
    callers = None if look_up is None else Callers(look_up)
    return replace(told, company=replace(told.company, callers=callers))


CONNECT: Mapping[str, Callable[[Told, str], Live | None]] = {
    "3cx": lambda told, address: passive(replace(told, three_cx=told.three_cx.model_copy(update={"connect": address}))),
    "asterisk": lambda told, address: _asterisk(
        replace(told, settings=told.settings.model_copy(update={"ami": address}))
    ),
    "freeswitch": lambda told, address: freeswitch(
        replace(told, freeswitch=told.freeswitch.model_copy(update={"esl": address}))
    ),
    "kamailio": lambda told, address: evapi(
        replace(told, kamailio=told.kamailio.model_copy(update={"evapi": address}))
    ),
}
"""Sources that `kvota feed SOURCE --connect HOST:PORT` listens to."""

LISTEN: Mapping[str, Callable[[Told, str], Live | None]] = {
    "3cx": lambda told, address: active(replace(told, three_cx=told.three_cx.model_copy(update={"listen": address}))),
}
"""Sources that call us over TCP, at what `kvota feed SOURCE --listen HOST:PORT` says."""

TOPICS: Mapping[str, Callable[[Told, str], Live | None]] = {
    "kamailio": lambda told, name: topic(replace(told, kamailio=told.kamailio.model_copy(update={"topic": name}))),
}
"""Sources that `kvota feed SOURCE --topic NAME` reads a topic of."""


async def feed_from(live: Live, kafka: KafkaSettings, stop: asyncio.Event) -> None:
    """Listen, and append what is heard, until `stop` is set; Kafka may be away meanwhile."""
    async with Appender(kafka, attempts=1, patience_s=_PATIENCE_S) as appender:
        await live.run(appender, stop)
