"""The keys for what is parked, fetched from the vault ahead of their month: parking goes on while the vault is away."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx
import msgspec
import structlog

from services.runtime.sealing import seal_payload

FILE_NAME = "parking-keys.json"
_VAULT_S = 5.0
_AGAIN_S, _ANEW_S = 5.0, 3_600.0

_log = structlog.get_logger()


class _Answer(msgspec.Struct):
    keys: dict[str, bytes]


class ParkingKeys:
    """Public keys by month; they are no secret, and lie in a file for the next start."""

    def __init__(
        self,
        vault_url: str,
        folder: Path,
        credentials: httpx.Auth,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """Know those that were fetched before; the vault is told the credentials."""
        self._url, self._file, self._today = vault_url, folder / FILE_NAME, today
        self._credentials = credentials
        self._keys = _kept(self._file)

    def seal(self, payload: bytes) -> str | None:
        """Seal for the vault; None when there is no key for this month, or the payload is too long to keep."""
        return seal_payload(self._keys, payload, self._today())

    async def fetch(self) -> None:
        """Fetch the keys of this month and of the next; raises httpx.HTTPError and msgspec.DecodeError.

        Where the disk does not take them they are known all the same, until this process ends.
        """
        async with httpx.AsyncClient(base_url=self._url, timeout=_VAULT_S, trust_env=False) as vault:
            answer = (await vault.get("/v1/parking-keys", auth=self._credentials)).raise_for_status()
        self._keys = msgspec.json.decode(answer.content, type=_Answer).keys
        try:
            await asyncio.to_thread(_keep, self._file, self._keys)
        except OSError as error:
            _log.warning("parking_keys_not_kept", file=str(self._file), reason=error.strerror)

    async def run(self) -> None:
        """Keep them up to date, until cancelled."""
        while True:
            try:
                await self.fetch()
            except (httpx.HTTPError, msgspec.DecodeError) as error:
                _log.warning("no_parking_keys", reason=type(error).__name__, known=sorted(self._keys))
                await asyncio.sleep(_AGAIN_S)
            else:
                await asyncio.sleep(_ANEW_S)


def _kept(file: Path) -> Mapping[str, bytes]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, bytes])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:  # the vault is asked anew
        _log.warning("parking_keys_unreadable", file=str(file), reason=type(error).__name__)
        return {}


def _keep(file: Path, keys: Mapping[str, bytes]) -> None:
    """Keep the keys, whole or not at all, whoever else does so beside us."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}-", delete=False) as beside:
        try:
            beside.write(msgspec.json.encode(keys))
            beside.flush()
            Path(beside.name).replace(file)
        except BaseException:
            Path(beside.name).unlink(missing_ok=True)
            raise
