"""`kvota topics`: making the topics of the log."""

import asyncio
from typing import Annotated

import typer

from services.cli.options import kafka

app = typer.Typer(no_args_is_help=True)


@app.callback()
def topics() -> None:
    """The topics of the log."""


@app.command()
def create(
    partitions: Annotated[int, typer.Option(min=1, help="Of each topic of facts; it never changes afterwards.")] = 4,
) -> None:
    """Make the topics that are missing."""
    from services.runtime.topics import ensure_topics, projector_topics, source_topics
    from services.runtime.versions import FIRST

    specs = (*source_topics(partitions), *projector_topics(FIRST, partitions))
    asyncio.run(ensure_topics(kafka("topics").bootstrap_servers, specs))
    for spec in specs:
        typer.echo(f"{spec.name} {spec.partitions}")
