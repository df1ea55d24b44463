"""`python -m services.broker`: the broker in the foreground, until SIGTERM or SIGINT; for a supervisor."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from services.broker.broker import Broker
from services.broker.detached import DEFAULT_PORT
from services.broker.errors import BrokerError
from services.runtime.settings import HomeSettings


def main() -> int:
    """Run a broker that is installed in Kvota's home; it ends with this process, however that ends."""
    parser = argparse.ArgumentParser(prog="services.broker", description="A Kafka broker in the foreground.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--data-dir", type=Path, help="the records; by default `broker` in Kvota's home")
    told_to = parser.parse_args()
    home = HomeSettings().home
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    try:
        with Broker(home=home, data_dir=told_to.data_dir or home / "broker", port=told_to.port).running():
            told.wait()
    except BrokerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
