"""An S3 for tests, in this process: moto's server on a free port of this machine."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import httpx
from moto.server import ThreadedMotoServer

from services.runtime.ports import HOST


@contextmanager
def running_s3() -> Generator[str]:
    """Run one for a block; where it answers."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address=HOST, port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(endpoint: str, number: int) -> str:
    """Make a bucket, and say what it is called."""
    name = f"lake-{number}"
    httpx.put(f"{endpoint}/{name}").raise_for_status()
    return name
