"""Homes for tests that run commands of their own: Kafka is installed in them already."""

from pathlib import Path

from services.broker.installation import Installation


def furnish(folder: Path, home: Path) -> Path:
    """Put the Kafka that is installed in one home into another."""
    installed = Installation.under(home).root
    (folder / installed.name).symlink_to(installed)
    return folder
