"""What the vault of an earlier release kept: names in plain text. They are sealed, and no page keeps them."""

from services.vault.people import People
from services.vault.sqlite import SqliteStore

_PLAIN = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'people'"


def take_over_plain_names(people: People) -> None:
    """Seal names that lie there in plain text; interrupted, it begins anew until no page holds a name."""
    if not isinstance(people.store, SqliteStore):
        return  # that release knew no other store
    with people.store.reading() as rows:
        plain = rows.ask("SELECT person, name FROM people") if rows.ask(_PLAIN) else None
    if plain is None:
        return
    for person, name in plain:
        people.put_name(person, name, "rep", replace=False)
    with people.store.writing() as rows:
        rows.ask("DELETE FROM people")
    people.store.write_anew()
    with people.store.writing() as rows:
        rows.ask("DROP TABLE people")
