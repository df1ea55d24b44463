"""`kvota explain`: the events behind a number."""

from typing import Annotated

import typer

from services.cli.history import history
from services.cli.options import AsJson, KnownAt, Pairs, instant, pairs
from services.cli.output import print_bytes, print_rows


def explain(
    projection: Annotated[str, typer.Argument(help="Its name, as in `kvota projections list`.")],
    key: Pairs = None,
    *,
    measure: Annotated[str | None, typer.Option(help="Only what adds to this number.")] = None,
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """Say which events a cell is made of, what each adds, and what they come to; and which do not count, and why."""
    import msgspec

    with history() as asked:
        line = asked.explain(projection, pairs(key), measure, instant(known_at))
    if json:
        print_bytes(line)
        return
    found = msgspec.json.decode(line)
    print_rows(found["question"], found["contributions"])
    if found["excluded"]:
        print_rows("What does not count, and why", found["excluded"])
    typer.echo("  ".join(f"{name}={value}" for name, value in found["sum"].items()))
