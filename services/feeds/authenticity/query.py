"""A secret in the address itself, for senders that can be told an address and nothing else."""

from collections.abc import Sequence
from datetime import timedelta

from services.feeds.authenticity.address import parts_of, values_of
from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.secret import is_one_of

_MISSING = ("secret-missing", "the address has no ?secret=", "в адресе нет ?secret=")
_WRONG = ("secret-wrong", "the secret in the address is none of this source", "секрет в адресе — не этого источника")


class SecretQuery:
    """The parameter `secret` of the address is one of the secrets."""

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta, /) -> None:
        """Raise NotAuthenticError unless it is."""
        told = values_of(parts_of(delivery.url).query, "secret")
        if not told:
            raise NotAuthenticError(*_MISSING)
        if not is_one_of(told[0], secrets):
            raise NotAuthenticError(*_WRONG)
