"""API keys of machines: random, shown once, and kept only as what they hash to.

A key has 256 random bits, so nobody can try them out, and a plain SHA-256 keeps it as well as it can be kept: slow and
salted hashes are for passwords, which people choose, and would cost every request its time.
"""

import hmac
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Literal

import msgspec

from services.runtime.auth.callers import Caller
from services.runtime.durable import sync_folder
from services.runtime.errors import ClearError
from services.runtime.lock import locked

PREFIX = "kvota_"
KeyRole = Literal["feed", "screen", "monitor", "service"]
KEY_ROLES: tuple[KeyRole, ...] = ("feed", "screen", "monitor", "service")
_FILE = "api-keys.json"
_OTHERS = 0o077
_ID_BYTES, _SECRET_BYTES = 6, 32


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key, as it is kept."""

    id: str
    """Its first part, which is no secret."""
    name: str
    """What it is for, as whoever made it said."""
    role: KeyRole
    made_at: datetime
    revoked_at: datetime | None = None
    digest: str
    """SHA-256 of the whole key, in hexadecimal digits."""

    @property
    def caller(self) -> Caller:
        """Who it stands for."""
        return Caller(subject=f"key/{self.id}", role=self.role)


_KEYS = msgspec.json.Decoder(list[ApiKey])


class NoSuchKeyError(ClearError):
    """There is no key of this id."""

    def __init__(self, identity: str) -> None:
        """Say which, and where to look."""
        super().__init__(f"there is no key {identity}: `kvota key list` shows those there are")


class NotPrivateError(ClearError):
    """Others than its owner may read or change the file of keys."""

    def __init__(self, path: Path) -> None:
        """Say what to do."""
        super().__init__(f"{path} is not for its owner alone: chmod 600 {path}")


class ApiKeys:
    """The keys in a folder. What another process changes there is seen by the next request.

    Whatever reads them raises NotPrivateError when others may read or change their file.
    """

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self._path = folder / _FILE
        self._read: tuple[int, int, int] | None = None
        self._keys: Mapping[str, ApiKey] = {}

    def all(self) -> list[ApiKey]:
        """Every key, the oldest first."""
        return list(self._current().values())

    def caller(self, key: str) -> Caller | None:
        """Who a key stands for; None when it is not known, or was revoked."""
        known = self._current().get(key.removeprefix(PREFIX).partition("_")[0])
        # Compared in constant time, so that a wrong key cannot be bettered digit by digit.
        if known is None or not hmac.compare_digest(known.digest, _digest(key)) or known.revoked_at is not None:
            return None
        return known.caller

    def add(self, name: str, role: KeyRole) -> tuple[ApiKey, str]:
        """Make a key; how it is kept, and the key itself, which nobody can see again."""
        identity = secrets.token_hex(_ID_BYTES)
        key = f"{PREFIX}{identity}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        kept = ApiKey(id=identity, name=name, role=role, made_at=datetime.now(UTC), digest=_digest(key))
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._lock):
            self._write([*self.all(), kept])
        return kept, key

    def revoke(self, identity: str) -> None:
        """Let a key stand for nobody any more; raises NoSuchKeyError."""
        if identity not in self._current():
            raise NoSuchKeyError(identity)
        with locked(self._lock):
            self._write([_revoked(key) if key.id == identity else key for key in self.all()])

    @property
    def _lock(self) -> Path:
        return self._path.with_suffix(".lock")

    def _current(self) -> Mapping[str, ApiKey]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        if status.st_mode & _OTHERS:
            raise NotPrivateError(self._path)
        found = status.st_ino, status.st_mtime_ns, status.st_size
        if found != self._read:
            self._keys = {key.id: key for key in _KEYS.decode(self._path.read_bytes())}
            self._read = found
        return self._keys

    def _write(self, keys: list[ApiKey]) -> None:
        with NamedTemporaryFile(dir=self._path.parent, prefix=f".{_FILE}-", delete=False) as file:  # with the mode 0600
            file.write(msgspec.json.encode(keys))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._path)
        sync_folder(self._path.parent)


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _revoked(key: ApiKey) -> ApiKey:
    return key if key.revoked_at is not None else msgspec.structs.replace(key, revoked_at=datetime.now(UTC))
