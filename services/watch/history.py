"""Asking history for a report, as it is once all that lies before a position in the decisions is archived."""

from collections.abc import Iterable, Sequence
from typing import Any

import httpx
import msgspec

from services.runtime.shards import DECISIONS
from services.watch.noticing import Row


class _Report(msgspec.Struct):
    rows: list[dict[str, Any]]


class HistoryAwayError(Exception):
    """History does not answer, or not with rows; the text says what it said instead."""


class History:
    """The way to history."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Use a client whose base URL is history's, and which says who asks."""
        self._client = client

    async def rows(self, report: str, given: Iterable[tuple[str, str]], after: int) -> Sequence[Row]:
        """The rows of a report; raises HistoryAwayError."""
        asked = {**dict(given), "after": f"{DECISIONS}/0@{after}"}
        try:
            answer = await self._client.get(f"/v1/reports/{report}", params=asked)
        except httpx.HTTPError as error:
            raise HistoryAwayError(type(error).__name__) from error
        if not answer.is_success:
            raise HistoryAwayError(answer.text[:500])
        try:
            return msgspec.json.decode(answer.content, type=_Report).rows
        except msgspec.DecodeError as error:
            raise HistoryAwayError(str(error)) from error
