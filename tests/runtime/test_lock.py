"""A folder of a process's own."""

import subprocess
import sys
from pathlib import Path

from services.runtime.lock import own_folder

OWNS = """
import sys
from pathlib import Path
from services.runtime.lock import own_folder

print(own_folder(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def owner(parent: Path) -> subprocess.Popen[str]:
    """Start a process that owns a folder until it is told to end."""
    command = [sys.executable, "-c", OWNS, str(parent)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_living_processes_have_folders_of_their_own_and_a_dead_ones_is_emptied_and_taken(tmp_path: Path) -> None:
    with owner(tmp_path) as first, owner(tmp_path) as second:
        assert first.stdout is not None
        assert second.stdout is not None
        folders = {first.stdout.readline().strip(), second.stdout.readline().strip()}
        assert folders == {str(tmp_path / "0"), str(tmp_path / "1")}
        for folder in folders:
            (Path(folder) / "left").touch()
        first.kill()
        second.kill()
    assert own_folder(tmp_path) == tmp_path / "0"
    assert [file.name for file in tmp_path.rglob("left")] == ["left"]
