"""`kvota broker`: the local Kafka."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.options import AsJson, home
from services.cli.output import answer_no, print_json

app = typer.Typer(no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="Where its data is; KVOTA_HOME/broker without it.")]


@app.command()
def install() -> None:
    """Fetch Kafka and prepare it to start fast; once done, this needs no network."""
    from rich.console import Console
    from rich.progress import Progress

    from services.broker.install import install as install_kafka

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Kafka", total=None)
        install_kafka(home(), progress=lambda done, total: bar.update(task, completed=done, total=total))


@app.command()
def start(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 9092, data_dir: DataDir = None
) -> None:
    """Start the broker in the background; says so when it runs already."""
    from services.broker.detached import start as start_broker

    typer.echo(start_broker(home(), port=port, data_dir=data_dir))


@app.command()
def stop(data_dir: DataDir = None) -> None:
    """Stop the broker; its data stays."""
    from services.broker.detached import stop as stop_broker

    typer.echo("stopped" if stop_broker(home(), data_dir=data_dir) else "was not running")


@app.command()
def status(data_dir: DataDir = None, *, json: AsJson = False) -> None:
    """Say where the broker runs; exits 1 when it does not."""
    from services.broker.detached import status as broker_status

    address = broker_status(home(), data_dir=data_dir)
    if json:
        print_json({"running": address is not None, "bootstrap_servers": address})
    else:
        typer.echo(address or "not running")
    if address is None:
        answer_no()
