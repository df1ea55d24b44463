"""A secret that the sender sends as it is, in a header that was agreed upon."""

from collections.abc import Sequence
from datetime import timedelta

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.secret import is_one_of


class SecretHeader:
    """For senders that sign nothing, and can be told to send a header of ours."""

    def __init__(self, *names: str) -> None:
        """Look into these headers, in lower case; the first that is sent counts."""
        self._names = names
        where = " / ".join(names)
        self._missing = "secret-missing", f"there is no header {where}", f"нет заголовка {where}"
        self._wrong = (
            "secret-wrong",
            f"the secret in {where} is none of this source",
            f"секрет в {where} — не этого источника",
        )

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta, /) -> None:
        """Raise NotAuthenticError unless the header carries one of the secrets."""
        told = next((delivery.headers[name] for name in self._names if name in delivery.headers), None)
        if told is None:
            raise NotAuthenticError(*self._missing)
        if not is_one_of(told, secrets):
            raise NotAuthenticError(*self._wrong)
