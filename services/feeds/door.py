"""The door for any source that speaks CloudEvents over HTTP: facts in, and an answer once they are on the log."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

import msgspec
import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.feeds.appender import ROUND, Appender, AppendError, Record
from services.feeds.cloud_events import PIECE, content_type_of, items_of, pieces, records_of
from services.feeds.permissions import allowed
from services.feeds.receiving import body_of
from services.feeds.webhooks.door import WebhookDoor
from services.runtime.auth.guard import AnyPermit, Guard, answer_callers
from services.runtime.health import answer_health
from services.runtime.plain_route import PlainRoute
from services.runtime.problems import Problem, answer_problems, problem_response

EVENTS = "/v1/events"
SOURCE = "cloudevents"
"""What metrics call whoever tells facts there."""

_log = structlog.get_logger()


def door(appender: Appender, ready: Callable[[], bool], watch: Guard, webhooks: WebhookDoor) -> FastAPI:
    """Make the app, for callers whom the guard knows; `ready` says whether the log can be reached."""
    app = FastAPI(title="Kvota feeds", docs_url=None, redoc_url=None, openapi_url=None, strict_content_type=False)
    answer_problems(app)
    answer_callers(app, watch)
    answer_health(app, ready)
    _count_refusals(app, webhooks)
    plain = APIRouter(route_class=PlainRoute)

    @plain.post(EVENTS, status_code=HTTPStatus.ACCEPTED, dependencies=[allowed("facts.tell")])
    async def events(request: Request, permit: AnyPermit) -> Response:
        with webhooks.budget.part() as part:
            content_type = content_type_of(request.headers.get("content-type"))
            body = await body_of(request, part)
            part.take(PIECE * pieces(content_type, body))
            items = items_of(content_type, body)
            left = webhooks.quotas.take(f"caller/{permit.caller.subject}", len(items))
            records = await records_of(items, webhooks.company)
            await _append(appender, records)
        webhooks.metrics.accepted(SOURCE, len(records))
        answer = msgspec.json.encode({"accepted": len(records)})
        return Response(answer, HTTPStatus.ACCEPTED, left, media_type="application/json")

    @plain.get("/metrics", include_in_schema=False, dependencies=[allowed("metrics.read")])
    async def exposed() -> Response:
        return Response(generate_latest(webhooks.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app.router.routes.extend([*plain.routes, *webhooks.router().routes])
    return app


def _count_refusals(app: FastAPI, webhooks: WebhookDoor) -> None:
    """Let whatever is refused be counted, by whom it was meant to be and why, and answered as any problem is."""

    async def refused(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, Problem)  # noqa: S101  # the handler is registered for this class
        source = SOURCE if request.url.path == EVENTS else webhooks.called(request)
        if source is not None:
            webhooks.metrics.refused(source, problem.kind)
            _log.info("delivery_refused", source=source, kind=problem.kind)
        return problem_response(request, problem)

    app.add_exception_handler(Problem, refused)


async def _append(appender: Appender, records: Sequence[Record]) -> None:
    try:
        for start in range(0, len(records), ROUND):
            await appender.append(records[start : start + ROUND])
    except AppendError as error:
        en = f"{error}. Send the request again: an event that is on the log twice counts once"
        ru = f"{error}. Повторите запрос: событие, записанное дважды, считается один раз"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "log-unavailable", en, ru) from None
