"""Free texts, sealed under the key of the person they are about: they can lie in an event, unread once erased."""

import base64
import binascii
from collections.abc import Sequence
from typing import NamedTuple

from services.vault.cipher import NotOpenedError, seal, unseal
from services.vault.people import People

_ABOUT = "text"


class Text(NamedTuple):
    """A text and whom it is about; plain when it is to be sealed, sealed when it is to be opened."""

    person: str
    text: str


def seal_texts(people: People, texts: Sequence[Text]) -> list[str]:
    """Seal texts, each under the key of whom it is about; raises ErasedError and UnknownPersonError."""
    keys = people.keys(each.person for each in texts)
    return [_written(seal(keys[each.person], each.text.encode(), _about(each.person))) for each in texts]


def open_texts(people: People, texts: Sequence[Text]) -> list[str | None]:
    """What sealed texts say; None for one that nobody can read: the person was erased, or it was never sealed so."""
    keys = people.known_keys(each.person for each in texts)
    return [_opened(keys.get(each.person), each) for each in texts]


def _opened(key: bytes | None, sealed: Text) -> str | None:
    if key is None:
        return None
    try:
        return unseal(key, base64.urlsafe_b64decode(sealed.text), _about(sealed.person)).decode()
    except (NotOpenedError, binascii.Error, ValueError):
        return None


def _written(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode()


def _about(person: str) -> str:
    return f"{person}\x1f{_ABOUT}"
