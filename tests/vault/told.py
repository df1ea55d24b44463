"""People whom tests tell the vault about, and what their data look like to whoever looks for it in files."""

from datetime import UTC, date, datetime
from pathlib import Path

from services.vault.cipher import token
from services.vault.people import People, ToldContact

TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NUMBER, EMAIL, NAME = "+79161234567", "anna@example.org", "Анна Незабудкина"
OTHER_NUMBER = "+74951234567"


def caller(number: str | None = NUMBER, **more: str | None) -> ToldContact:
    """Give somebody who called."""
    return ToldContact(kind="caller", number=number, **more)


ANNA = caller(name=NAME, email=EMAIL)


def who(people: People, *told: ToldContact) -> list[str]:
    """Look people up; their ids."""
    return [found.person for found in people.look_up(told, TODAY)]


def in_plain(number: str = NUMBER, email: str = EMAIL, name: str = NAME) -> list[bytes]:
    """Give what of a person must stand nowhere."""
    return [number.encode(), number[1:].encode(), number[2:].encode(), email.encode(), name.encode()]


def tokens(people: People, number: str = NUMBER, email: str = EMAIL) -> list[bytes]:
    """Give what a person is looked up by, as it is written and as it could be."""
    with people.store.reading() as rows:
        key = people.lookup_key(rows)
    written = [token(key, "number", number), token(key, "email", email)]
    return [form for text in written for form in (text.encode(), bytes.fromhex(text))]


def holding(folder: Path, wanted: list[bytes]) -> list[str]:
    """Find the files under a folder that hold one of these."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [str(path.relative_to(folder)) for path in files if any(each in path.read_bytes() for each in wanted)]
