"""The vault over HTTP: numbers, addresses and names in, ids out; and back for whoever may read them."""

import asyncio
import base64
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Annotated, TypeVar

import structlog
from fastapi import FastAPI, Header, Path, Query, Request, Response

from services.runtime.auth.guard import Guard, answer_callers
from services.runtime.health import answer_health
from services.runtime.problems import Problem, answer_problems
from services.vault.bodies import (
    ContactsBody,
    PayloadsBody,
    PeopleBody,
    PersonBody,
    PersonId,
    SealedTextsBody,
    TextsBody,
    body_of,
    documented,
)
from services.vault.look_up import Found
from services.vault.master import MasterKeyError
from services.vault.people import ErasedError, NameTakenError, UnknownPersonError
from services.vault.permissions import allowed
from services.vault.store import StoreUnavailableError
from services.vault.texts import Text
from services.vault.vault import Vault

T = TypeVar("T")
log = structlog.get_logger()


def vault_app(vault: Vault, watch: Guard) -> FastAPI:
    """The vault's app, for callers whom `watch` knows; it can serve from the start."""
    app = FastAPI(title="Kvota vault")
    answer_problems(app)
    answer_callers(app, watch)
    answer_health(app, lambda: True)
    _serve_people(app, vault)
    _serve_texts(app, vault)
    _serve_parked(app, vault)
    _serve_taking_back(app, vault)
    return app


def _serve_people(app: FastAPI, vault: Vault) -> None:
    @app.put("/v1/people/{person}", dependencies=[allowed("people.name")], openapi_extra=documented(PersonBody))
    async def put_person(
        person: Annotated[PersonId, Path()],
        request: Request,
        response: Response,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> dict[str, str]:
        """Give a person a name, in place of any other; with `If-None-Match: *` another name is kept and it is a 412."""
        told = await body_of(request, PersonBody)
        try:
            new = await _stored(vault.put_name(person, told.name, told.kind, replace=if_none_match != "*"))
        except NameTakenError:
            detail = "the person is known by another name"
            raise Problem(HTTPStatus.PRECONDITION_FAILED, "name-taken", detail) from None
        except ErasedError:
            raise _erased() from None
        response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
        return {"person": person}

    @app.get("/v1/people", dependencies=[allowed("people.names")])
    async def get_people(
        people: Annotated[list[PersonId] | None, Query(alias="id")] = None,
    ) -> dict[str, dict[str, dict[str, str]]]:
        """The names of the reps with these ids, or of all reps; ids of others are left out."""
        names = await _stored(vault.names(people or ()))
        return {"people": {person: {"name": name} for person, name in names.items()}}

    @app.post("/v1/people/look-ups", dependencies=[allowed("people.look_up")], openapi_extra=documented(ContactsBody))
    async def look_up_people(request: Request) -> dict[str, list[dict[str, str | bool] | None]]:
        """The id of each person, in the order of the request; whoever is not known yet becomes a person.

        Null for a caller by whose number nobody is reached: an extension, or one that no plan has.
        """
        asked = await body_of(request, ContactsBody)
        told = await asyncio.to_thread(asked.told, vault.region)  # a thousand numbers take their time
        found = iter(await _stored(vault.look_up([each for each in told if each is not None])))
        return {"people": [None if each is None else _shown(next(found)) for each in told]}

    @app.post("/v1/people/details", dependencies=[allowed("people.read")], openapi_extra=documented(PeopleBody))
    async def read_people(request: Request) -> dict[str, dict[str, dict[str, str]]]:
        """What is kept of people; who is not known, or was erased, is left out."""
        asked = await body_of(request, PeopleBody)
        found = await _stored(vault.details(asked.people))
        return {"people": {person: {"kind": known.kind, **known.details} for person, known in found.items()}}


def _serve_texts(app: FastAPI, vault: Vault) -> None:
    @app.post("/v1/texts/seal", dependencies=[allowed("people.seal")], openapi_extra=documented(TextsBody))
    async def seal_texts(request: Request) -> dict[str, list[str]]:
        """Texts about people, so that they can lie in events: nobody reads them without the vault, or once erased."""
        told = await body_of(request, TextsBody)
        try:
            return {"texts": await _stored(vault.seal([Text(each.person, each.text) for each in told.texts]))}
        except ErasedError:
            raise _erased() from None
        except UnknownPersonError:
            raise Problem(HTTPStatus.NOT_FOUND, "person-unknown", "there is nobody with this id") from None

    @app.post("/v1/texts/open", dependencies=[allowed("people.read")], openapi_extra=documented(SealedTextsBody))
    async def open_texts(request: Request) -> dict[str, list[str | None]]:
        """What sealed texts say; null for what nobody can read any more."""
        told = await body_of(request, SealedTextsBody)
        return {"texts": await _stored(vault.unseal([Text(each.person, each.text) for each in told.texts]))}


def _serve_parked(app: FastAPI, vault: Vault) -> None:
    @app.get("/v1/parking-keys", dependencies=[allowed("parked.seal")])
    async def get_parking_keys() -> dict[str, dict[str, str]]:
        """The public keys, in base64, under which what is parked this month and the next is sealed."""
        keys = await _stored(vault.parking_keys())
        return {"keys": {month: base64.b64encode(key).decode() for month, key in keys.items()}}

    @app.post("/v1/parked/open", dependencies=[allowed("parked.read")], openapi_extra=documented(PayloadsBody))
    async def open_parked(request: Request) -> dict[str, list[str | None]]:
        """What parked payloads hold, in base64; null for what nobody can read any more."""
        told = await body_of(request, PayloadsBody)
        found = await _stored(vault.unpark(told.payloads))
        return {"payloads": [None if each is None else base64.b64encode(each).decode() for each in found]}


def _serve_taking_back(app: FastAPI, vault: Vault) -> None:
    @app.delete("/v1/people/{person}", dependencies=[allowed("people.name")], status_code=HTTPStatus.NO_CONTENT)
    async def forget_person(person: Annotated[PersonId, Path()]) -> None:
        """Forget a name that was told of somebody who did not become known after all; this is no erasure."""
        await _stored(vault.take_back(person))


def _shown(found: Found) -> dict[str, str | bool]:
    other = {} if found.other is None else {"other": found.other}
    return {"person": found.person, "new": found.new, "erased": found.erased, **other}


def _erased() -> Problem:
    return Problem(HTTPStatus.GONE, "person-erased", "the person was erased, and does not come back")


async def _stored(asked: Awaitable[T]) -> T:
    """What the vault answers; raises Problem when its store does not, or its master keys do not open the store."""
    try:
        return await asked
    except StoreUnavailableError:
        detail = "the vault's store does not answer, and nothing has happened: ask again"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", detail) from None
    except MasterKeyError as error:
        log.error("master_key_missing", reason=str(error))  # noqa: TRY400  # who runs it reads what to do, not a trace
        detail = "the vault's master keys do not open its store, and nothing has happened: its log says what to do"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "master-key-missing", detail) from None
