"""`kvota explain`: the events behind a number."""

from typing import Annotated

import typer

from services.cli.options import AsJson, KnownAt, Pairs, archive, instant, pairs
from services.cli.output import print_json, print_rows


def explain(
    projection: Annotated[str, typer.Argument(help="Its name, as in `kvota projections list`.")],
    key: Pairs = None,
    *,
    measure: Annotated[str | None, typer.Option(help="Only what adds to this number.")] = None,
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """Say which events a cell is made of, what each adds, and what they come to."""
    from services.history.explain import explain as explain_cell
    from services.history.rendering import written_positions

    moment = instant(known_at)
    with archive() as history:
        cut = history.known_at(moment) if moment else None
        found = explain_cell(history, projection, pairs(key), measure=measure, cut=cut)
    contributions: list[dict[str, str | int | None]] = [
        {
            "id": str(each.id),
            "type": each.type,
            "time": each.time.isoformat(),
            "position": f"{each.topic}/{each.partition}/{each.offset}",
            "weight": each.weight,
            **each.measures,
        }
        for each in found.contributions
    ]
    if json:
        answer = {"projection": found.projection, "question": found.question, "key": found.key}
        as_of = written_positions(found.as_of)
        print_json({**answer, "as_of": as_of, "contributions": contributions, "sum": found.total})
        return
    print_rows(found.question, contributions)
    typer.echo("  ".join(f"{name}={value}" for name, value in found.total.items()))
