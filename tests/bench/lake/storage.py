"""An S3 whose work is not ours: moto's server, in a process of its own."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from subprocess import DEVNULL, Popen

import httpx
from pydantic import SecretStr

from services.history.lake.settings import LakeSettings
from services.runtime.errors import ClearError
from services.runtime.ports import HOST, free_port
from tests.waiting import eventually


@contextmanager
def storage() -> Generator[LakeSettings]:
    """Have an S3 for a block, whose work is not ours, with a bucket."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as server:
        try:
            endpoint = f"http://{HOST}:{port}"
            if not eventually(lambda: _made(endpoint), within_s=60):
                message = "moto's S3 did not start"
                raise ClearError(message)
            yield LakeSettings(
                warehouse="s3://lake/kvota",
                s3_endpoint=endpoint,
                s3_access_key_id="kvota",
                s3_secret_access_key=SecretStr("of-no-use-elsewhere"),
            )
        finally:
            server.terminate()


def _made(endpoint: str) -> bool:
    try:
        return httpx.put(f"{endpoint}/lake").is_success
    except httpx.TransportError:
        return False
