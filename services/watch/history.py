"""Asking history for a report, as it is once all that lies before a position in the decisions is archived."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import httpx
import msgspec

from services.runtime.shards import DECISIONS
from services.watch.noticing import Row


class HistoryAwayError(Exception):
    """History does not answer, or not with rows; the text says what it said instead."""


class History:
    """The way to history; `credentials` are asked for anew each time, since tokens do not last."""

    def __init__(self, client: httpx.AsyncClient, credentials: Callable[[], Mapping[str, str]]) -> None:
        """Use a client whose base URL is history's."""
        self._client, self._credentials = client, credentials

    async def rows(self, report: str, given: Iterable[tuple[str, str]], after: int) -> Sequence[Row]:
        """The rows of a report; raises HistoryAwayError."""
        asked = {**dict(given), "after": f"{DECISIONS}/0@{after}"}
        try:
            answer = await self._client.get(f"/v1/reports/{report}", params=asked, headers=dict(self._credentials()))
        except httpx.HTTPError as error:
            raise HistoryAwayError(type(error).__name__) from error
        if not answer.is_success:
            raise HistoryAwayError(answer.text[:500])
        rows: Sequence[Row] = msgspec.json.decode(answer.content)["rows"]
        return rows
