"""Kafka's storage: formatted once, with a cluster id that stays."""

import base64
import shutil
import subprocess
import uuid

from services.broker.errors import BrokerError
from services.broker.folder import Folder
from services.broker.jvm import ENVIRONMENT, Jvm
from services.broker.log import failure
from services.broker.properties import Listeners, server_properties
from services.runtime.child import dies_with_parent


def format_once(folder: Folder, jvm: Jvm, listeners: Listeners, log: int) -> None:
    """Format the storage unless it is; what the tool prints goes to the descriptor `log`.

    It is made aside and moved into place when whole, so that a kill leaves none or a complete one. Raises
    `BrokerError` with the tool's last word.
    """
    if folder.kafka.exists():
        return
    aside = folder.kafka.with_suffix(".partial")
    shutil.rmtree(aside, ignore_errors=True)
    folder.properties.write_text(server_properties(aside, listeners), encoding="ascii")
    written = folder.log.stat().st_size
    command = jvm.command("kafka.tools.StorageTool", "format", _cluster_id(), f"--config={folder.properties}")
    code = _run(command, log)
    if code != 0:
        raise BrokerError(failure(f"Kafka's storage could not be formatted (exit code {code})", folder.log, written))
    aside.rename(folder.kafka)


def _run(command: list[str], log: int) -> int:
    formatted = subprocess.run(
        command,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        preexec_fn=dies_with_parent(),
        check=False,
    )
    return formatted.returncode


def _cluster_id() -> str:
    return f"--cluster-id={base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip('=')}"
