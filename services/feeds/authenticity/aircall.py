"""Aircall signs nothing: each delivery carries the token that Aircall showed when the webhook was made."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.secret import is_one_of

_WRONG = (
    "token-wrong",
    "the token in the body is not the one of this webhook",
    "токен в теле запроса — не от этого вебхука",
)


class _Body(msgspec.Struct):
    token: str = ""


_DECODER = msgspec.json.Decoder(_Body)


class AircallToken:
    """The member `token` of the JSON body is a secret of the webhook."""

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta, /) -> None:
        """Raise NotAuthenticError unless the body carries one of the tokens."""
        try:
            token = _DECODER.decode(delivery.body).token
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: nested without end
            raise NotAuthenticError(*_WRONG) from None
        if not is_one_of(token, secrets):
            raise NotAuthenticError(*_WRONG)
