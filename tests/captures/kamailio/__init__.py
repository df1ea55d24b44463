"""Records that were captured from a real Kamailio; PROVENANCE.md says how."""

from pathlib import Path

FOLDER = Path(__file__).parent
ACC = FOLDER / "acc.json"
DIALOG = FOLDER / "dialog.json"
EVAPI = FOLDER / "evapi.jsonl"
KAFKA = FOLDER / "kafka.jsonl"
PLAN = FOLDER / "truth-plan.json"
