"""`kvota calc`: the formulas alone, over a JSON file of inputs."""

from collections.abc import Callable, Mapping
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
    from projections.calc import calc_service_level

    _answer(file, calc_service_level)


@app.command()
def attainment(file: Inputs, *, json: AsJson = True) -> None:  # noqa: ARG001  # the answer is JSON in any case
    """Quotas by period, attainment, pace, coverage and forecast, from amounts."""
    from projections.calc_attainment import calc_attainment

    _answer(file, calc_attainment)


@app.command()
def erlang(file: Inputs, *, json: AsJson = True) -> None:  # noqa: ARG001  # the answer is JSON in any case
    """Erlang C: the agents that a queue needs, or what callers can expect of those there are."""
    from projections.calc_erlang import calc_erlang

    _answer(file, calc_erlang)


@app.command()
def distribute(file: Inputs, *, json: AsJson = True) -> None:  # noqa: ARG001  # the answer is JSON in any case
    """Who gets each of some leads, by the policies of the desk."""
    from services.desk.leads.calc import calc_distribution

    _answer(file, calc_distribution)


def _answer(file: Path, calculate: Callable[[Mapping[str, object]], Mapping[str, object]]) -> None:
    """Print what the formulas make of the file's object, or of each in its array."""
    from projections.calc import BadInputError

    inputs = _read(file)
    try:
        answers = [calculate(_object(given)) for given in (inputs if isinstance(inputs, list) else [inputs])]
    except BadInputError as error:
        message = f"{file}: {error}"
        raise ClearError(message) from None
    print_json(answers if isinstance(inputs, list) else answers[0])


def _object(given: object) -> Mapping[str, object]:
    from projections.calc import BadInputError

    if not isinstance(given, dict):
        message = "expected an object of inputs, or an array of them"
        raise BadInputError(message)
    return given


def _read(file: Path) -> Any:  # noqa: ANN401  # whatever JSON the file holds; the calculator checks it
    import msgspec

    try:
        return msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError as error:
        message = f"{file}: {error}"
        raise ClearError(message) from None
