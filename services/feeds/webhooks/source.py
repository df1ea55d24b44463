"""What a source that calls us is: how it proves itself, and how its deliveries are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.feeds.authenticity.delivery import Delivery, Scheme
from services.feeds.facts import Company
from services.feeds.webhooks.seen import Told

WINDOW = timedelta(minutes=5)
"""How far a signature's own time may be from ours, where it has one."""

Read = Callable[[Delivery, Company], Sequence[Told]]
"""What was seen, and who is on the line, by a delivery that was proven.

Raises UnreadableItemError, which says where, for what is no such.
"""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A source that calls `POST /v1/feeds/{name}`."""

    scheme: Scheme
    read: Read
    window: timedelta = WINDOW
