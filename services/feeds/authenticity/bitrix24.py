"""Bitrix24 signs nothing: each delivery carries the application's token in its form."""

from collections.abc import Sequence
from datetime import timedelta

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.form import fields_of
from services.feeds.authenticity.secret import is_one_of

FIELD = "auth[application_token]"
_WRONG = (
    "token-wrong",
    "auth[application_token] is not that of this application",
    "auth[application_token] — не этого приложения",
)


class Bitrix24Token:
    """A secret is the application's token."""

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta, /) -> None:
        """Raise NotAuthenticError unless the form carries one of the tokens."""
        told = dict(fields_of(delivery.body) or ()).get(FIELD, "")
        if not is_one_of(told, secrets):
            raise NotAuthenticError(*_WRONG)
