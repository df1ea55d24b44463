"""Opening what was parked: asking the vault, which alone can."""

import base64
from collections.abc import Sequence

import httpx
import msgspec

from services.cli.options import credentials
from services.cli.parking import chosen
from services.cli.vault_address import vault_url
from services.runtime.errors import ClearError
from services.runtime.parked import parked_records
from services.runtime.settings import KafkaSettings

_VAULT_S = 10.0
_LOST = "its month is forgotten, or it was sealed for another vault"
_NOT_KEPT = "it was not kept: it lies where it came from, if there still is such a place"


class Shown(msgspec.Struct, frozen=True):
    """A parked item, and what it holds."""

    position: str
    reason: str
    text: str | None
    """Its bytes, read as UTF-8."""
    why: str | None
    """Why there are none."""


async def shown(kafka: KafkaSettings, positions: Sequence[str]) -> list[Shown]:
    """What is parked at these positions; raises ClearError where nothing is, and when the vault does not answer."""
    found = chosen(await parked_records(kafka), positions)
    sealed = [each.event.payload for each in found if each.event.payload is not None]
    opened = iter(await _opened(sealed) if sealed else [])
    return [
        _not_kept(str(each), each.event.reason)
        if each.event.payload is None
        else _shown(str(each), each.event.reason, next(opened))
        for each in found
    ]


async def _opened(sealed: list[str]) -> list[bytes | None]:
    url = vault_url()
    async with httpx.AsyncClient(base_url=url, timeout=_VAULT_S, trust_env=False) as vault:
        try:
            answer = (
                await vault.post("/v1/parked/open", json={"payloads": sealed}, headers=credentials())
            ).raise_for_status()
        except httpx.HTTPStatusError as error:
            message = f"the vault at {url} refuses (KVOTA_TOKEN): {error.response.json().get('detail')}"
            raise ClearError(message) from None
        except httpx.HTTPError as error:
            message = f"the vault at {url} does not open it (KVOTA_VAULT_PORT): {type(error).__name__}"
            raise ClearError(message) from None
    payloads: list[str | None] = answer.json()["payloads"]
    return [None if each is None else base64.b64decode(each) for each in payloads]


def _shown(position: str, reason: str, payload: bytes | None) -> Shown:
    if payload is None:
        return Shown(position, reason, None, _LOST)
    return Shown(position, reason, payload.decode(errors="replace"), None)


def _not_kept(position: str, reason: str) -> Shown:
    return Shown(position, reason, None, _NOT_KEPT)
