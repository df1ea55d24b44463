"""Who a token stands for: nobody, unless its issuer signed it, for us, for now, with a key that it has."""

import asyncio
import hmac
import json
import os
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.runtime.auth.callers import Caller
from services.runtime.auth.issuer import AGAIN_S, LIFE_S, Issuer, Keys, KeysUnavailableError, by_id, keys_at
from services.runtime.auth.own_key import OWN_ISSUER, OwnKey
from services.runtime.auth.settings import AuthSettings
from services.runtime.auth.tokens import BadTokenError, Tokens
from services.runtime.errors import ClearError
from tests.runtime.issuers import EC, ED, RSA, Key, Provider, provider

SETTINGS = AuthSettings()


class Clock:
    def __init__(self) -> None:
        self.s = 1_000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def idp() -> Iterator[Provider]:
    with provider() as running:
        yield running


def read_by(idp: Provider, clock: Callable[[], float] = time.monotonic, settings: AuthSettings = SETTINGS) -> Tokens:
    return Tokens(Issuer(idp.issuer, partial(keys_at, idp.issuer, None), clock), settings)


@pytest.mark.parametrize("key", [RSA, EC, ED], ids=lambda key: key.algorithm)
async def test_a_token_that_its_issuer_signed_is_believed(idp: Provider, key: Key) -> None:
    caller = await read_by(idp).caller(idp.token(key, rep="anna", unit="north", role="team_lead"))
    assert caller == Caller(subject="u-17", role="team_lead", rep="anna", unit="north")


async def test_the_role_may_be_one_of_many_words_in_a_claim_of_another_name(idp: Provider) -> None:
    settings = AuthSettings(role_claim="groups", rep_claim="employee")
    token = idp.token(role=None, groups=["everybody", "auditor"], employee="anna")
    caller = await read_by(idp, settings=settings).caller(token)
    assert (caller.role, caller.rep) == ("auditor", "anna")


def _parts(idp: Provider) -> tuple[dict[str, object], dict[str, object]]:
    token = idp.token()
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def _with_the_public_key(idp: Provider) -> str:
    header, claims = _parts(idp)
    public = RSA.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{_written(header | {'alg': 'HS256', 'kid': RSA.kid})}.{_written(claims)}"
    return f"{signed}.{_base64(hmac.digest(public, signed.encode(), 'sha256'))}"


def _unsigned(idp: Provider) -> str:
    header, claims = _parts(idp)
    return f"{_written(header | {'alg': 'none'})}.{_written(claims)}."


def _written(part: dict[str, object]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


SPOILT: dict[str, Callable[[Provider], str]] = {
    "no token": lambda _: "none",
    "of another issuer": lambda idp: idp.token(iss="https://elsewhere.example"),
    "for others": lambda idp: idp.token(aud="crm"),
    "for nobody in particular": lambda idp: idp.token(aud=None),
    "expired": lambda idp: idp.token(exp=int(time.time()) - 60),
    "that never expires": lambda idp: idp.token(exp=None),
    "not good yet": lambda idp: idp.token(nbf=int(time.time()) + 600),
    "of nobody": lambda idp: idp.token(sub=None),
    "of an e-mail address": lambda idp: idp.token(sub="anna@example.com"),
    "of a very long name": lambda idp: idp.token(sub="a" * 201),
    "without a role": lambda idp: idp.token(role=None),
    "with a role that is none": lambda idp: idp.token(role="admin"),
    "with two roles": lambda idp: idp.token(role=["rep", "manager"]),
    "with a unit that is none": lambda idp: idp.token(unit=7),
    "by a key of another name": lambda idp: idp.token(replace(ED, kid="ed-2")),
    "by another key of that name": lambda idp: idp.token(replace(ED, private=Ed25519PrivateKey.generate())),
    "by one kind of key in the name of another": lambda idp: idp.token(replace(RSA, kid=EC.kid)),
    "signed with the public key as if it were a secret": _with_the_public_key,
    "not signed": _unsigned,
    "without an end": lambda idp: idp.token(role="manager", note="a" * 10_000),
}


@pytest.mark.parametrize("how", SPOILT)
async def test_a_token_that_is_spoilt_stands_for_nobody(idp: Provider, how: str) -> None:
    tokens = read_by(idp)
    with pytest.raises(BadTokenError) as refused:
        await tokens.caller(SPOILT[how](idp))
    assert refused.value.ru != refused.value.en
    assert (await tokens.caller(idp.token())).role == "manager"


async def test_those_who_come_at_once_wait_for_one_fetch(idp: Provider) -> None:
    tokens = read_by(idp)
    callers = await asyncio.gather(*(tokens.caller(idp.token(sub=f"u-{number}")) for number in range(20)))
    assert len({caller.subject for caller in callers}) == 20
    assert idp.asked == 1


async def test_a_key_that_is_new_is_fetched_and_unknown_ones_cause_no_storm(idp: Provider) -> None:
    clock = Clock()
    tokens, new = read_by(idp, clock), replace(ED, kid="ed-2", private=Ed25519PrivateKey.generate())
    await tokens.caller(idp.token())
    assert idp.asked == 1
    idp.keys.append(new)
    clock.s += AGAIN_S + 1
    assert (await tokens.caller(idp.token(new))).role == "manager"
    assert idp.asked == 2
    for number in range(50):
        with pytest.raises(BadTokenError):
            await tokens.caller(idp.token(replace(ED, kid=f"made-up-{number}")))
    assert idp.asked == 2


async def test_a_key_that_was_withdrawn_is_believed_no_longer_than_said(idp: Provider) -> None:
    clock = Clock()
    tokens = read_by(idp, clock)
    await tokens.caller(idp.token(EC, jti="first"))
    idp.keys.remove(EC)
    await tokens.caller(idp.token(EC, jti="second"))
    clock.s += LIFE_S + 1
    with pytest.raises(BadTokenError):
        await tokens.caller(idp.token(EC, jti="third"))


async def test_while_the_issuer_is_away_its_known_keys_stay_and_without_any_nothing_can_be_told(idp: Provider) -> None:
    clock = Clock()
    tokens, stranger = read_by(idp, clock), read_by(idp)
    await tokens.caller(idp.token(jti="first"))
    idp.broken = True
    clock.s += LIFE_S + 1
    assert (await tokens.caller(idp.token(jti="second"))).subject == "u-17"
    with pytest.raises(KeysUnavailableError):
        await stranger.caller(idp.token())


async def test_while_keys_are_fetched_the_known_ones_are_good_and_a_slow_failure_is_not_repeated_at_once() -> None:
    clock, begun, go_on = Clock(), threading.Event(), threading.Event()
    fetched: list[bool] = []

    def fetch() -> Keys:
        fetched.append(True)
        if len(fetched) == 1:
            return by_id([jwt.PyJWK(RSA.public())])
        begun.set()
        assert go_on.wait(10)
        clock.s += 10 * AGAIN_S
        raise OSError

    issuer = Issuer("slow", fetch, clock)
    assert await issuer.key(RSA.kid) is not None
    clock.s += LIFE_S + 1
    waiting = asyncio.create_task(issuer.key(RSA.kid))
    await asyncio.to_thread(begun.wait, 10)
    async with asyncio.timeout(5):
        assert await issuer.key(RSA.kid) is not None
    go_on.set()
    assert await waiting is not None
    assert await issuer.key(RSA.kid) is not None
    assert len(fetched) == 2


async def test_keys_are_not_fetched_from_where_others_listen_in(idp: Provider) -> None:
    idp.keys_at = "http://keys.example/jwks"
    with pytest.raises(KeysUnavailableError):
        await read_by(idp).caller(idp.token())


async def test_a_provider_that_calls_itself_something_else_is_not_believed(idp: Provider) -> None:
    idp.calls_itself = "https://elsewhere.example"
    with pytest.raises(KeysUnavailableError):
        await read_by(idp).caller(idp.token())


async def test_what_was_proven_is_not_remembered_beyond_the_end_of_the_token(idp: Provider) -> None:
    clock = Clock()
    clock.s = time.time()
    tokens = Tokens(Issuer(idp.issuer, partial(keys_at, idp.issuer, None)), SETTINGS, clock)
    token = idp.token(exp=int(time.time()) + 1, iat=int(time.time()) - 40)
    await tokens.caller(token)
    fetched = idp.asked
    idp.keys.clear()
    assert (await tokens.caller(token)).role == "manager"
    assert idp.asked == fetched


class TestOwnKey:
    def tokens(self, folder: Path) -> Tokens:
        return Tokens(Issuer(OWN_ISSUER, OwnKey(folder).keys), SETTINGS)

    async def test_it_is_made_once_and_only_its_owner_can_read_it(self, tmp_path: Path) -> None:
        folder, caller = tmp_path / "auth", Caller(subject="anna", role="rep", rep="r-1")
        token = OwnKey(folder).issue(caller, timedelta(hours=1), SETTINGS)
        assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}
        assert await self.tokens(folder).caller(token) == caller
        assert await self.tokens(folder).caller(OwnKey(folder).issue(caller, timedelta(hours=1), SETTINGS)) == caller

    async def test_processes_that_start_at_once_have_one_key(self, tmp_path: Path) -> None:
        caller = Caller(subject="anna", role="manager")

        def issue(_: int) -> str:
            return OwnKey(tmp_path).issue(caller, timedelta(hours=1), SETTINGS)

        with ThreadPoolExecutor(16) as pool:
            issued = list(pool.map(issue, range(16)))
        tokens = self.tokens(tmp_path)
        assert {(await tokens.caller(token)).subject for token in issued} == {"anna"}
        assert os.listdir(tmp_path) == ["own-key.pem"]  # noqa: PTH208

    async def test_a_key_that_was_put_in_its_place_is_found_by_services_that_run(self, tmp_path: Path) -> None:
        caller, clock = Caller(subject="anna", role="manager"), Clock()
        tokens = Tokens(Issuer(OWN_ISSUER, OwnKey(tmp_path).keys, clock), SETTINGS)
        await tokens.caller(OwnKey(tmp_path).issue(caller, timedelta(hours=1), SETTINGS))
        (tmp_path / "own-key.pem").unlink()
        clock.s += AGAIN_S + 1
        assert await tokens.caller(OwnKey(tmp_path).issue(caller, timedelta(hours=1), SETTINGS)) == caller


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost", "127.8.0.1"])
def test_the_own_key_is_for_services_that_only_this_machine_reaches(host: str) -> None:
    AuthSettings().require_for(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "desk.example.com"])  # noqa: S104  # that is the question
def test_a_service_that_others_reach_needs_an_issuer(host: str) -> None:
    with pytest.raises(ClearError, match="KVOTA_AUTH_ISSUER"):
        AuthSettings().require_for(host)
    AuthSettings(issuer="https://login.example.com").require_for(host)
    AuthSettings(own_key_anywhere=True).require_for(host)


@pytest.mark.parametrize("issuer", ["http://login.example.com", "ftp://127.0.0.1", "login.example.com"])
def test_an_issuer_is_asked_where_nobody_listens_in(issuer: str) -> None:
    with pytest.raises(ClearError, match="KVOTA_AUTH_ISSUER"):
        AuthSettings(issuer=issuer)
