"""Answers that are large, or are made as if they were."""

from datetime import timedelta

from services.history.archive import Archive
from services.history.forms import Form
from tests.events.examples.dates import TODAY
from tests.history.asking import decide, tell
from tests.telling import answered, won

FORMS: tuple[Form, ...] = ("json", "csv", "arrow", "parquet", "xlsx")


def fill(archive: Archive, days: int = 7) -> None:
    """Have a rep answer one call on each of so many days, and sell something on the last."""
    tell(archive, *(answered(10, 60 + number, day=TODAY - timedelta(days=number)) for number in range(days)))
    decide(archive, won(500, currency="EUR"))
