"""`POST /v1/feeds/{source}`: a delivery is proven, read, and on the log before its sender is told so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import msgspec
from fastapi import APIRouter, Request, Response

from services.feeds.appender import Appender, AppendError, Record
from services.feeds.authenticity.delivery import Delivery, NotAuthenticError
from services.feeds.budget import Budget
from services.feeds.callers.heard import LookUp
from services.feeds.cloud_events import LINES, PIECE, pieces
from services.feeds.facts import SECOND, Company, Micros, UnreadableItemError, micros
from services.feeds.metrics import DoorMetrics
from services.feeds.quotas import Quotas
from services.feeds.receiving import body_of
from services.feeds.webhooks.beats import feed_of
from services.feeds.webhooks.identifying import identified
from services.feeds.webhooks.seen import Seen, Told, seen_in, written
from services.feeds.webhooks.source import Webhook
from services.runtime.problems import Problem
from services.runtime.topics import INTAKE

_TOLD = 300
"""What each thing that a delivery says takes in memory until it is on the log, in bytes."""
_AHEAD: Micros = 24 * 3600 * SECOND
"""No clock is further ahead of ours: what is said of a later moment would be the last word of its agent for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDoor:
    """What deliveries are met with."""

    sources: Mapping[str, Webhook]
    secrets_of: Callable[[str], Sequence[str]]
    company: Company
    appender: Appender
    budget: Budget
    quotas: Quotas
    metrics: DoorMetrics
    now: Callable[[], datetime]
    public_url: str | None = None
    """What senders call in place of our own address, where something stands between: https://kvota.example."""
    look_up: LookUp | None = None
    """Says whom numbers mean; None where nobody can."""

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(prefix="/v1/feeds")
        for path in ("/{source}", "/{source}/{_rest:path}"):  # some senders add a path of their own
            router.add_api_route(path, self.receive, methods=["POST"], status_code=HTTPStatus.ACCEPTED)
        return router

    async def receive(self, source: str, request: Request) -> Response:
        """Take a delivery in."""
        with self.budget.part() as part:
            webhook, secrets = self._known(source)
            delivery = self._delivery(request, await body_of(request, part))
            part.take(PIECE * pieces(LINES, delivery.body))
            told = self._read(webhook, secrets, delivery)
            part.take(_TOLD * len(told))
            seen = seen_in(told)
            left = self.quotas.take(f"source/{source}", len(seen))
            records = await self._records(told)
            await self._append(records)
        self.metrics.accepted(source, len(records))
        if seen:
            latest = max(seen, key=lambda each: each.at)
            self.metrics.heard(feed_of(latest), latest.at, micros(delivery.received_at))
        body = msgspec.json.encode({"accepted": len(records)})
        return Response(body, HTTPStatus.ACCEPTED, left, media_type="application/json")

    def called(self, request: Request) -> str | None:
        """Which source a request is of; None for a request that is no delivery."""
        named = request.path_params.get("source")
        return named if named is None or named in self.sources else "unknown"

    def _known(self, source: str) -> tuple[Webhook, Sequence[str]]:
        webhook, secrets = self.sources.get(source), self.secrets_of(source) if source in self.sources else ()
        if webhook is None or not secrets:
            en = f"there is no source {source[:40]!r} here, or no secret by which it could prove itself"
            ru = f"источника {source[:40]!r} здесь нет, или нет секрета, которым он себя подтвердил бы"
            raise Problem(HTTPStatus.NOT_FOUND, "source-unknown", en, ru)
        return webhook, secrets

    def _delivery(self, request: Request, body: bytes) -> Delivery:
        url = str(request.url)
        if self.public_url is not None:
            query = f"?{request.url.query}" if request.url.query else ""
            url = f"{self.public_url.rstrip('/')}{request.url.path}{query}"
        headers = {name.lower(): value for name, value in request.headers.items()}
        return Delivery(method=request.method, url=url, headers=headers, body=body, received_at=self.now())

    def _read(self, webhook: Webhook, secrets: Sequence[str], delivery: Delivery) -> Sequence[Told]:
        try:
            webhook.scheme.check(delivery, secrets, webhook.window)
        except NotAuthenticError as error:
            raise Problem(HTTPStatus.UNAUTHORIZED, error.kind, error.en, error.ru) from None
        try:
            told = webhook.read(delivery, self.company)
            for each in seen_in(told):
                written(each)  # what cannot be is refused before anybody is looked up
                _check_time(each, micros(delivery.received_at))
        except UnreadableItemError as error:
            ru = f"доставка не читается: {error}"
            raise Problem(HTTPStatus.BAD_REQUEST, "not-readable", str(error), ru) from None
        return told

    async def _records(self, told: Sequence[Told]) -> Sequence[Record]:
        return [_record(seen) for seen in await identified(told, self.look_up)]

    async def _append(self, records: Sequence[Record]) -> None:
        try:
            await self.appender.append(records)
        except AppendError:
            en, ru = "the log cannot be reached now: send again", "журнал сейчас недоступен: повторите"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "log-unavailable", en, ru) from None


def _check_time(seen: Seen, now: Micros) -> None:
    if seen.at > now + _AHEAD:
        message = "it is of a moment that lies more than a day ahead"
        raise UnreadableItemError(message)


def _record(seen: Seen) -> Record:
    return Record(INTAKE, f"{seen.source}/{seen.about}".encode(), written(seen))
