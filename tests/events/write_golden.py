"""Writes the golden files that are missing: one real record of the current version of every event. It overwrites none.

Run with `python -m tests.events.write_golden`. A golden file is a promise: whatever becomes of the event, this record
of it can be read for ever.
"""

import json
from pathlib import Path

from events.codec import encode
from tests.events.examples import EXAMPLES
from tests.events.examples.record import Example

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def golden_path(example: Example) -> Path:
    """Give the file that holds the record of an event's version."""
    return GOLDEN / f"{example.entry.name}.v{example.entry.version}.json"


def main() -> None:
    """Write what is missing, and say what was written."""
    for example in EXAMPLES.values():
        path = golden_path(example)
        if not path.exists():
            record = json.loads(encode(example.envelope))
            path.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            print(path.relative_to(GOLDEN.parent))  # noqa: T201  # a command for the terminal


if __name__ == "__main__":
    main()
