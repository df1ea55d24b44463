"""Streams that were captured from real phone systems, shipped to be replayed."""

from pathlib import Path

_FOLDER = Path(__file__).parent / "captures"

ASTERISK_AMI = _FOLDER / "asterisk-ami.txt"
"""The bytes of one AMI connection to an Asterisk 22 that took 56 calls and made 10, in 88 seconds."""

ASTERISK_AMI_CHUNKS = _FOLDER / "asterisk-ami.chunks.jsonl"
"""How those bytes arrived: a JSON list for each chunk, with the epoch time, the byte offset and the length."""
