"""MANGO OFFICE: sha256 of the account's key, the JSON as it came, and the account's salt (VPBX API 1.9)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qsl

from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.authenticity.secret import is_one_of

_FIELDS = 20
_NO_FORM = ("signature-missing", "the body is no form with sign and json", "в теле запроса нет формы с sign и json")
_WRONG = (
    "signature-wrong",
    "the sign is not that of the key, the json and the salt",
    "sign не соответствует ключу, json и соли",
)


class MangoSign:
    """A secret is the key and the salt, joined by a colon: `vpbx_api_key:vpbx_api_salt`."""

    def check(self, delivery: Delivery, secrets: Sequence[str], _window: timedelta) -> None:
        """Raise NotAuthenticError unless the form was signed with the key and salt of one of the secrets."""
        form = form_of(delivery.body)
        told, text = form.get("sign"), form.get("json")
        if told is None or text is None:
            raise NotAuthenticError(*_NO_FORM)
        if not is_one_of(told, [_sign(secret, text) for secret in secrets]):
            raise NotAuthenticError(*_WRONG)


def form_of(body: bytes) -> Mapping[str, str]:
    """The fields of a form, decoded; empty for what is none."""
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"))
    except ValueError:
        return {}


def _sign(secret: str, text: str) -> str:
    key, _, salt = secret.partition(":")
    return sha256(f"{key}{text}{salt}".encode("utf-8", "surrogatepass")).hexdigest()
