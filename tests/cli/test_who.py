"""`kvota token` and `kvota key`: who asks, said by a command."""

from pathlib import Path

import pytest

from services.runtime.auth.api_keys import ApiKeys
from services.runtime.auth.callers import ROLES, Caller
from services.runtime.auth.issuer import Issuer
from services.runtime.auth.own_key import OWN_ISSUER, OwnKey
from services.runtime.auth.tokens import Tokens
from tests.callers import auth
from tests.cli.commands import kvota


async def test_a_token_says_who_it_was_issued_for(tmp_path: Path) -> None:
    told = ("--role", "team_lead", "--unit", "north", "--rep", "r-1", "--subject", "anna", "--hours", "2")
    issued = kvota("token", *told, "--json", home=tmp_path)
    assert (issued.code, issued.json["role"], issued.json["subject"]) == (0, "team_lead", "anna")
    tokens = Tokens(Issuer(OWN_ISSUER, OwnKey(tmp_path / "auth").keys), auth(tmp_path))
    wanted = Caller(subject="anna", role="team_lead", rep="r-1", unit="north")
    assert await tokens.caller(issued.json["token"]) == wanted
    assert await tokens.caller(kvota("token", *told, home=tmp_path).out.strip()) == wanted


def test_its_help_names_every_role(tmp_path: Path) -> None:
    said = kvota("token", "--help", home=tmp_path).out
    assert all(role in said for role in ROLES)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("--role", "boss"), "no role 'boss'"),
        (("--role", "rep"), "--rep ID"),
        (("--role", "team_lead"), "--unit ID"),
        (("--role", "manager", "--subject", "anna@example.com"), "no e-mail address"),
    ],
)
def test_a_token_that_would_stand_for_nobody_is_not_issued(tmp_path: Path, told: tuple[str, ...], said: str) -> None:
    refused = kvota("token", *told, home=tmp_path)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


def test_where_another_issues_tokens_the_command_says_so(tmp_path: Path) -> None:
    refused = kvota("token", "--role", "manager", home=tmp_path, KVOTA_AUTH_ISSUER="https://login.example.com")
    assert refused.code == 2
    assert "https://login.example.com" in refused.err


def test_a_key_is_shown_once_listed_without_its_secret_and_revoked(tmp_path: Path) -> None:
    key = kvota("key", "add", "the PBX", "--role", "feed", home=tmp_path).out.strip()
    assert ApiKeys(tmp_path / "auth").caller(key) is not None
    listed = kvota("key", "list", "--json", home=tmp_path)
    [kept] = listed.json
    assert (kept["name"], kept["role"], kept["revoked_at"]) == ("the PBX", "feed", None)
    assert key.split("_", 2)[2] not in listed.out
    assert kvota("key", "revoke", kept["id"], home=tmp_path).code == 0
    assert ApiKeys(tmp_path / "auth").caller(key) is None
    unknown = kvota("key", "revoke", "nobody", home=tmp_path)
    assert (unknown.code, "no key nobody" in unknown.err) == (2, True)
    assert kvota("key", "add", "Anna", "--role", "manager", home=tmp_path).code == 2
