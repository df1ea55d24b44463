"""Files that were captured from a real Asterisk; PROVENANCE.md says how."""

from pathlib import Path

FOLDER = Path(__file__).parent
AMI = FOLDER / "ami.txt"
AMI_CHUNKS = FOLDER / "ami.chunks.jsonl"
