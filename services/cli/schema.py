"""`kvota schema`: the JSON Schema of an event."""

from typing import Annotated

import typer

from services.cli.output import print_json
from services.runtime.errors import ClearError


def schema(event_type: Annotated[str, typer.Argument(metavar="TYPE", help="Such as call.ended.")]) -> None:
    """Print the JSON Schema of an event's data."""
    from events.catalogue import CATALOGUE
    from services.cli.catalogue_docs import json_schema

    if event_type not in CATALOGUE:
        message = f"no event {event_type!r}; there are: {', '.join(sorted(CATALOGUE))}"
        raise ClearError(message)
    print_json(json_schema(CATALOGUE[event_type]))
