"""`kvota demo`: the main job, from a captured phone system's stream to numbers that history reproduces."""

from typing import Annotated

import typer

from services.cli.options import AsJson, home
from services.cli.output import answer_no, print_json, print_rows


def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="Run it as fast as it goes, then stop all that was started.")],
    json: AsJson = False,
) -> None:
    """Run broker, feed, projector and history on a captured stream, and print what the day came to."""
    from rich.console import Console

    from services.cli.demonstration import demonstrate

    del once
    with Console(stderr=True).status("Kafka, feed, projector and history are at work…"):
        figures = demonstrate(home())
    if json:
        print_json(figures.as_dict())
    else:
        print_rows("The day", figures.rows())
    if not figures.live_equals_history:
        answer_no()
