"""Auditors' own SQL over HTTP."""

from http import HTTPStatus

import msgspec
from fastapi import APIRouter, Request, Response

from services.history.asking import WAIT_S
from services.history.errors import BadParametersError
from services.history.limits import Turns
from services.history.permissions import allowed
from services.history.sql.queries import NoAnswerError, NoMartError, Queries
from services.history.sql.recording import NotRecordedError
from services.runtime.auth.guard import AnyPermit
from services.runtime.errors import WrongField
from services.runtime.problems import Problem

_BODY_BYTES = 256 * 1024
_AT_ONCE = 2


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sql: str


_BODIES = msgspec.json.Decoder(_Body)


def sql_routes(queries: Queries) -> APIRouter:
    """The route of queries: a POST alone, since what stands in an address ends in logs that are not ours."""
    router, turns = APIRouter(prefix="/v1/sql"), Turns(_AT_ONCE, WAIT_S)

    @router.post("", dependencies=[allowed("sql.ask")])
    async def ask(request: Request, permit: AnyPermit) -> Response:
        sql = await _sql(request)
        async with turns.turn():
            answer = await _answered(queries, permit, sql)
        return Response(answer, media_type="application/json")

    return router


async def _answered(queries: Queries, permit: AnyPermit, sql: str) -> bytes:
    try:
        return msgspec.json.encode(await queries.answer(permit.caller, sql))
    except NoAnswerError as error:
        kind = f"sql-{error.outcome.replace('_', '-')}"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, kind, str(error), error.ru) from None
    except NoMartError as error:
        raise Problem(HTTPStatus.CONFLICT, "no-mart", str(error), error.ru) from None
    except NotRecordedError as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "not-recorded", str(error), error.ru) from None


async def _sql(request: Request) -> str:
    """The query in a body; raises Problem or BadParametersError."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _BODY_BYTES:
            en, ru = f"a body has {_BODY_BYTES} bytes at most", f"в теле запроса не больше {_BODY_BYTES} байт"
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", en, ru)
    try:
        return _BODIES.decode(body).sql
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        en, ru = f'expected {{"sql": "SELECT …"}}: {error}', f'нужно {{"sql": "SELECT …"}}: {error}'
        raise BadParametersError(WrongField("sql", en, ru)) from None
