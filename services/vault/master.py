"""The master keys: all other keys of the vault are sealed under one of them. They lie beside the store, never in it."""

import base64
import binascii
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.runtime.durable import sync_folder
from services.runtime.errors import ClearError
from services.runtime.lock import locked
from services.vault.cipher import KEY_BYTES, NotOpenedError, new_key, seal, unseal

FILE_NAME = "vault.keys"
_OTHERS = 0o077


class MasterKeyError(ClearError):
    """There is no master key that would open the store; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key as it lies in the store."""

    sealed: bytes
    master: int
    """The version of the master key that it is sealed under."""


class Source(Protocol):
    """Where master keys come from."""

    def read(self) -> Mapping[int, bytes]:
        """The keys by version, at least one; raises MasterKeyError."""


class MasterKeys:
    """The keys as they are now. What is wrapped, is wrapped by the newest."""

    def __init__(self, source: Source) -> None:
        """Raises MasterKeyError when there is none."""
        self.source = source
        source.read()

    @property
    def newest(self) -> int:
        """The version of the newest."""
        return max(self.source.read())

    def wrap(self, key: bytes, about: str) -> Wrapped:
        """Seal a key; `about` says whose it is."""
        keys = self.source.read()
        newest = max(keys)
        return Wrapped(seal(keys[newest], key, about), newest)

    def unwrap(self, wrapped: Wrapped, about: str) -> bytes:
        """Give a wrapped key; raises MasterKeyError when the master key is not there, or is another."""
        master = self.source.read().get(wrapped.master)
        if master is None:
            message = (
                f"the vault's master key {wrapped.master} is missing here: copy its line from the vault that made it, "
                "by `kvota vault rotate` perhaps"
            )
            raise MasterKeyError(message)
        try:
            return unseal(master, wrapped.sealed, about)
        except NotOpenedError:
            message = f"the vault's master key {wrapped.master} is not the one that this store was sealed under"
            raise MasterKeyError(message) from None


class ToldKeys:
    """Keys that the environment tells; they are what they are until the process ends."""

    def __init__(self, told: str) -> None:
        """Read `VERSION:KEY`, several separated by commas."""
        self._keys = _parsed(told.replace(",", "\n").replace(":", " "), "KVOTA_VAULT_MASTER_KEYS")

    def read(self) -> Mapping[int, bytes]:
        """The keys."""
        return self._keys


class KeyFile:
    """Keys in a file, a line each: `VERSION KEY`. It is read anew whenever it has changed."""

    def __init__(self, path: Path, *, may_be_made: bool) -> None:
        """Use a file; one that is not there is made with a first key, if it may be."""
        self.path = path
        self._as_of: tuple[int, int, int] | None = None
        self._keys: Mapping[int, bytes] = {}
        if may_be_made and not path.exists():
            self._make()

    def read(self) -> Mapping[int, bytes]:
        """The keys; raises MasterKeyError when the file is missing, or others may read it."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            message = f"there is no file of master keys at {self.path}"
            raise MasterKeyError(message) from None
        as_of = (found.st_ino, found.st_mtime_ns, found.st_size)
        if as_of != self._as_of:
            if found.st_mode & _OTHERS:
                message = f"{self.path} is not for its owner alone: chmod 600 {self.path}"
                raise MasterKeyError(message)
            self._keys, self._as_of = _parsed(self.path.read_text("ascii"), str(self.path)), as_of
        return self._keys

    def add(self) -> int:
        """Put a new key beside the others; its version. From now on keys are wrapped by it."""
        with locked(self.path.with_name(f"{self.path.name}.lock")):
            newest = max(self.read()) + 1
            _write(self._beside, f"{self.path.read_text('ascii').rstrip()}\n{_line(newest)}")
            self._beside.replace(self.path)
            sync_folder(self.path.parent)
        return newest

    def _make(self) -> None:
        """Make the file whole or not at all; where another process is faster, its file stays."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _write(self._beside, _line(1))
        with suppress(FileExistsError):
            os.link(self._beside, self.path)
        self._beside.unlink()
        sync_folder(self.path.parent)

    @property
    def _beside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.{os.getpid()}")


def _line(version: int) -> str:
    return f"{version} {base64.b64encode(new_key()).decode()}\n"


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _parsed(text: str, where: str) -> Mapping[int, bytes]:
    try:
        keys = {
            int(version): base64.b64decode(key, validate=True) for version, key in map(str.split, text.splitlines())
        }
    except (ValueError, binascii.Error):
        keys = {}
    if not keys or min(keys) < 1 or any(len(key) != KEY_BYTES for key in keys.values()):
        message = f"{where} holds no master keys: each is a version from 1 on, and 32 bytes in base64"
        raise MasterKeyError(message)
    return keys
