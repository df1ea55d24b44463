"""`kvota calc`: the formulas alone, over a JSON file of inputs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.options import AsJson
from services.cli.output import print_json
from services.runtime.errors import ClearError

app = typer.Typer(no_args_is_help=True)
Inputs = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="One input object, or an array of them.")]


@app.callback()
def calc() -> None:
    """The formulas alone, over a JSON file."""


@app.command("service-level")
def service_level(file: Inputs, *, json: AsJson = True) -> None:  # noqa: ARG001  # the answer is JSON in any case
    """Service level under every policy, from the waits of calls in seconds."""
    from projections.calc import BadInputError, calc_service_level

    inputs = _read(file)
    try:
        answers = [calc_service_level(given) for given in (inputs if isinstance(inputs, list) else [inputs])]
    except BadInputError as error:
        message = f"{file}: {error}"
        raise ClearError(message) from None
    print_json(answers if isinstance(inputs, list) else answers[0])


def _read(file: Path) -> Any:  # noqa: ANN401  # whatever JSON the file holds; the calculator checks it
    import msgspec

    try:
        return msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError as error:
        message = f"{file}: {error}"
        raise ClearError(message) from None
