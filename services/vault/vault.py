"""The vault: people, texts and monthly keys of one store, in one thread of its own. Nothing in here is ever logged."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from services.vault.look_up import Found, Kind
from services.vault.migration import take_over_plain_names
from services.vault.months import Months
from services.vault.people import People, Person, ToldContact
from services.vault.settings import VaultSettings
from services.vault.store import open_store
from services.vault.texts import Text, open_texts, seal_texts

T = TypeVar("T")


class Vault:
    """What the service asks. Every answer to a write is given once it is on the disk."""

    def __init__(self, people: People, months: Months, thread: ThreadPoolExecutor, region: str) -> None:
        """Use a store in the only thread that may; numbers without a country are of `region`."""
        self.region = region
        self._people, self._months, self._thread = people, months, thread

    async def look_up(self, told: Sequence[ToldContact]) -> list[Found]:
        """Who is meant by each of these; whoever is not known yet becomes a person."""
        return await self._run(lambda: self._people.look_up(told, _today()))

    async def put_name(self, person: str, name: str, kind: Kind, *, replace: bool) -> bool:
        """Give a person a name; whether the person is new. Raises NameTakenError and ErasedError."""
        return await self._run(lambda: self._people.put_name(person, name, kind, replace=replace))

    async def take_back(self, person: str) -> bool:
        """Do as `People.take_back`; the same errors."""
        return await self._run(lambda: self._people.take_back(person))

    async def names(self, people: Sequence[str]) -> dict[str, str]:
        """The names of these reps, or of all when none is named; who is none is left out."""
        return await self._run(lambda: self._people.names(people))

    async def details(self, people: Sequence[str]) -> dict[str, Person]:
        """All that is kept of people; who is not known is left out."""
        return await self._run(lambda: self._people.details(people))

    async def seal(self, texts: Sequence[Text]) -> list[str]:
        """Seal texts about people; raises ErasedError and UnknownPersonError."""
        return await self._run(lambda: seal_texts(self._people, texts))

    async def unseal(self, texts: Sequence[Text]) -> list[str | None]:
        """What sealed texts say; None for those that nobody can read any more."""
        return await self._run(lambda: open_texts(self._people, texts))

    async def parking_keys(self) -> dict[str, bytes]:
        """The public keys of this month and of the next."""
        return await self._run(lambda: self._months.public_keys(_today()))

    async def unpark(self, payloads: Sequence[str]) -> list[bytes | None]:
        """What parked payloads hold; None for those that nobody can read any more."""
        return await self._run(lambda: self._months.opened(payloads))

    async def forget(self, parked_days: int) -> list[str]:
        """Forget what is only kept for a time; the months whose parked payloads nobody can read any more."""

        def work() -> list[str]:
            self._people.forget_mentions(_today())
            return self._months.forget(_today(), parked_days)

        return await self._run(work)

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


@asynccontextmanager
async def open_vault(settings: VaultSettings, home: Path) -> AsyncGenerator[Vault]:
    """Open the vault that the settings name, and make it when there is none.

    Raises StoreUnavailableError and MasterKeyError.
    """
    with ThreadPoolExecutor(1, "vault") as thread:
        loop = asyncio.get_running_loop()
        people = await loop.run_in_executor(thread, open_people, settings, home)
        with closing(people.store):
            yield Vault(people, Months(people.store, people.masters), thread, settings.region)
            await loop.run_in_executor(thread, lambda: None)  # what is under way comes to its end first


def open_people(settings: VaultSettings, home: Path) -> People:
    """Open the store that the settings name, for the thread that calls; the same errors."""
    store = open_store(settings.store, home)
    try:
        people = People(store, settings.masters(home))
        take_over_plain_names(people)
    except BaseException:
        store.close()
        raise
    return people


def _today() -> date:
    return datetime.now(UTC).date()
