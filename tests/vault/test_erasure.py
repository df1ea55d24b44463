"""A person who was erased is nowhere: not in a file of a store, a topic, the archive, an export or a log."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import duckdb
import httpx
import pytest

from services.feeds.callers.heard import mention
from tests.callers import bearer
from tests.cli.commands import Ran, kvota
from tests.supervisor.running import Running, running
from tests.vault.told import EMAIL, NAME, NUMBER, holding, in_plain
from tests.waiting import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

DIALLED = "8 (916) 123-45-67"
REP_NAME = "Борис Вежливцев"
BROKEN = f"1795533132|pbx1-1795533132.0|sales|NONE|ENTERQUEUE||{NUMBER}|not-a-number|\n"
WHOLE = "1795533132|pbx1-1795533132.0|sales|NONE|DID|100\n"
CALLER = "+79165550142"
CALL = "pbx1-1795533140.1"
CALLED = f"1795533140|{CALL}|sales|NONE|ENTERQUEUE||{CALLER}|1\n1795533150|{CALL}|sales|NONE|ABANDON|1|1|10\n"
Ask = Callable[..., Ran]
NOBODY: Mapping[str, str] = {}


@pytest.fixture
def stack(home: Path, tmp_path: Path) -> Iterator[Running]:
    """Give the whole stack, in a home of its own."""
    with running(tmp_path, home) as stack:
        yield stack


def asking(stack: Running) -> Ask:
    return partial(
        kvota,
        home=stack.home,
        KVOTA_KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{stack.ports.kafka}",
        KVOTA_HISTORY_PORT=str(stack.ports.history),
        KVOTA_VAULT_PORT=str(stack.ports.vault),
    )


def made(base: str, path: str, who: Mapping[str, str] = NOBODY, **body: object) -> httpx.Response:
    return httpx.post(f"{base}{path}", json=body, headers=dict(who), timeout=30)


def written_out(stack: Running) -> None:
    """Write all that the archive holds to files in which it can be seen: it packs what it has."""
    with duckdb.connect(stack.home / "history.duckdb") as archive:
        archive.execute(f"COPY records TO '{stack.home / 'records.parquet'}' (COMPRESSION uncompressed)")
        for (table,) in archive.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            archive.execute(f"COPY \"{table}\" TO '{stack.home / f'{table}.json'}'")
        archive.execute(f"COPY (SELECT decode(raw) FROM records) TO '{stack.home / 'raw.json'}'")


def test_what_was_erased_is_nowhere_and_no_number_of_the_past_changes(stack: Running) -> None:
    ask, desk, vault = asking(stack), stack.ports.url("desk"), stack.ports.url("vault")
    manager = bearer(stack.home, "manager")
    unit = made(desk, "/v1/units", manager, kind="team", title="Север").json()["unit"]
    hire = partial(
        made, desk, "/v1/reps", {**manager, "Idempotency-Key": "hire-boris"}, name=REP_NAME, unit=unit, post="rep"
    )
    hired = hire().json()
    rep = hired["rep"]
    terms = {"title": "Site", "policy": "round_robin", "members": [{"rep": rep}]}
    pool = made(desk, "/v1/lead-pools", manager, **terms).json()["lead_pool"]
    form = {"pool": pool, "found_through": "form", "number": DIALLED, "email": EMAIL.title(), "name": NAME}
    lead = made(desk, "/v1/leads", manager, ref="form-1", **form).json()
    assert lead["rep"] == rep
    customer = httpx.get(f"{desk}/v1/leads/{lead['lead']}", headers=dict(manager)).json()["person"]
    deal = made(desk, "/v1/deals", manager, customer=customer, rep=rep, amount_minor=700, currency="RUB").json()["deal"]
    assert made(desk, f"/v1/deals/{deal}/win", manager).status_code == httpx.codes.CREATED
    assert eventually((stack.home / "parking-keys.json").is_file), "the feeds fetch the vault's keys ahead"
    fed(ask, stack.home, BROKEN + WHOLE + CALLED)
    caller = caller_of(stack.home, CALL)
    [parked] = ask("parked", "list", "--json").objects
    shown = ask("parked", "show", f"{parked['origin']}@{parked['position']}", "--json")
    assert shown.json["text"] == BROKEN.rstrip("\n")
    counted = partial(won, ask)
    assert eventually(lambda: counted() == [700])
    assert eventually(lambda: calls(ask) == [("sales", 1, 1)])
    secret = lookup_tokens(stack.home, 3)

    assert ask("audit", "erase", customer, "--reason", "x" * 5_000).code == 2
    erase(ask, customer, ["email", "name", "number"], "kvota.decisions")
    erase(ask, rep, ["name"], "kvota.decisions")
    erase(ask, caller, ["number"], "kvota.calls")

    assert hire().json() == hired, "what was answered is answered again, and brings nobody back"
    again = made(desk, "/v1/leads", manager, ref="form-1", **form)
    assert (again.status_code, again.json()["type"]) == (409, "urn:kvota:problem:person-erased")
    fed(ask, stack.home, CALLED)
    assert caller_of(stack.home, CALL) == caller, "who called is remembered, and nobody new"
    assert lookup_tokens(stack.home, 0) == []
    assert made(vault, "/v1/people/details", manager, people=[customer, rep, caller]).json() == {"people": {}}
    verified = ask("projections", "verify", "--json")
    assert (verified.code, verified.json["agree"], counted()) == (0, True, [700])
    assert calls(ask) == [("sales", 1, 1)]
    assert ask("audit", "erase", "nobody").code == 2
    wanted = [
        *in_plain(),
        CALLER[1:].encode(),
        CALLER[2:].encode(),
        DIALLED.encode(),
        EMAIL.title().encode(),
        REP_NAME.encode(),
        *secret,
    ]
    assert holding(stack.home, wanted) == []
    assert kvota("down", home=stack.home).code == 0
    written_out(stack)
    for person, rows in ((customer, "deals_rows.json"), (caller, "calls_rows.json")):
        found = holding(stack.home, [person.encode()])
        assert {"records.parquet", "raw.json", rows, "vault.sqlite"} <= {Path(path).name for path in found}
        assert any(path.startswith("broker/") for path in found)
    assert [(form, files) for form in wanted if (files := holding(stack.home, [form]))] == []


def won(ask: Ask) -> list[int]:
    """Give what reps won, by history."""
    rows = ask("report", "rep_day", "--json").json["rows"]
    return [row["won_minor"]["RUB"] for row in rows if row["won_minor"]]


def fed(ask: Ask, home: Path, log: str) -> None:
    """Feed a queue_log, and leave none behind."""
    (home / "queue_log").write_text(log)
    told = ask("feed", "asterisk", "--file", home / "queue_log", "--system", "pbx1")
    (home / "queue_log").unlink()
    assert (told.code, told.err) == (0, "")


def erase(ask: Ask, person: str, held: list[str], topic: str) -> None:
    """Erase a person, and be told what was held of them, and where their id stands."""
    erased = ask("audit", "erase", person, "--reason", "Asked for in a letter.", "--json")
    assert erased.code == 0, erased.err
    assert erased.json["repeated"] is False
    places = {place["place"]: place["held"] for place in erased.json["places"]}
    assert places["vault: details"] == ", ".join(held)
    assert places[f"topic {topic}, and history"].endswith("records with the id")
    assert ask("audit", "erase", person, "--json").json["repeated"] is True


def calls(ask: Ask) -> list[tuple[str, int, int]]:
    """Give the queues of the day, how many called and how many gave up, by history."""
    rows = ask("report", "call_centre", "--json").json["rows"]
    return [(row["queue"], row["offered"], row["abandoned"]) for row in rows if not row["interval"]]


def caller_of(home: Path, call: str) -> str:
    """Give the person whom the vault remembers a call by."""
    with sqlite3.connect(home / "vault.sqlite") as store:
        [(person,)] = store.execute("SELECT person FROM mentions WHERE ref = ?", [mention("/asterisk/pbx1", call)])
    store.close()
    return str(person)


def lookup_tokens(home: Path, expected: int) -> list[bytes]:
    """Give all tokens that the vault looks people up by, as they are written and as they could be."""
    with sqlite3.connect(home / "vault.sqlite") as store:
        found = [token for (token,) in store.execute("SELECT token FROM lookups")]
    store.close()
    assert len(found) == expected
    return [form for token in found for form in (token.encode(), bytes.fromhex(token))]


def test_nobody_is_erased_while_the_log_is_away(tmp_path: Path) -> None:
    told = kvota("audit", "erase", "somebody", home=tmp_path, KVOTA_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    assert (told.code, "no Kafka answers" in told.err) == (2, True)
