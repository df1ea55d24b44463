"""MANGO OFFICE: sha256 of the account's key, the JSON as it came, and the account's salt (VPBX API 1.9)."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.form import fields_of
from services.feeds.authenticity.secret import is_one_of

_NO_FORM = (
    "signature-missing",
    "the body is no form with vpbx_api_key, sign and json",
    "в теле запроса нет формы с vpbx_api_key, sign и json",
)
_WRONG = (
    "signature-wrong",
    "the sign is not that of the key, the json and the salt",
    "sign не соответствует ключу, json и соли",
)


class MangoSign:
    """A secret is the key and the salt, joined by a colon: `vpbx_api_key:vpbx_api_salt`.

    One without a salt proves nothing: the key is in every form, and whoever saw one could sign the next.
    """

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta, /) -> None:
        """Raise NotAuthenticError unless the form was signed with the key and salt of one of the secrets."""
        form = dict(fields_of(delivery.body) or ())
        key, told, text = form.get("vpbx_api_key"), form.get("sign"), form.get("json")
        if key is None or told is None or text is None:
            raise NotAuthenticError(*_NO_FORM)
        pairs = [secret.partition(":") for secret in secrets]
        expected = [_signed(known, text, salt) for known, _, salt in pairs if known and salt]
        if not is_one_of(f"{key} {told}", expected):
            raise NotAuthenticError(*_WRONG)


def _signed(key: str, text: str, salt: str) -> str:
    """The key and the sign that a delivery of this text has."""
    return f"{key} {sha256(f'{key}{text}{salt}'.encode()).hexdigest()}"
