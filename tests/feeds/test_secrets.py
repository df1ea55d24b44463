"""The secrets of sources: read as they are now, and only where they are their owner's alone."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.feeds.secrets import Secrets


def write(folder: Path, content: bytes, mode: int = 0o600, source: str = "mango") -> Path:
    """Put a file in place of the one before, as an editor does it."""
    new = folder / f".{source}.new"
    new.write_bytes(content)
    new.chmod(mode)
    return new.replace(folder / source)


def test_every_line_is_a_secret_the_first_one_first(tmp_path: Path) -> None:
    write(tmp_path, "\n new:salt \r\n\nold:\u0441\u043e\u043b\u044c\n".encode())
    assert Secrets(tmp_path).of("mango") == ["new:salt", "old:\u0441\u043e\u043b\u044c"]


def test_a_source_has_its_own_file_and_one_without_has_none(tmp_path: Path) -> None:
    write(tmp_path, b"of-mango")
    write(tmp_path, b"of-twilio", source="twilio")
    secrets = Secrets(tmp_path)
    assert (secrets.of("mango"), secrets.of("twilio"), secrets.of("uis")) == (["of-mango"], ["of-twilio"], ())


def test_a_secret_is_replaced_while_we_run(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    assert secrets.of("mango") == ()
    for content, known in ((b"old", ["old"]), (b"new\nold", ["new", "old"]), (b"new", ["new"]), (b"few", ["few"])):
        write(tmp_path, content)
        assert secrets.of("mango") == known
    (tmp_path / "mango").unlink()
    assert secrets.of("mango") == ()


def test_a_line_that_is_added_to_the_same_file_is_seen(tmp_path: Path) -> None:
    secrets, path = Secrets(tmp_path), write(tmp_path, b"old\n")
    assert secrets.of("mango") == ["old"]
    with path.open("ab") as file:
        file.write(b"new\n")
    assert secrets.of("mango") == ["old", "new"]


def test_a_copy_that_keeps_the_time_of_the_one_before_is_seen(tmp_path: Path) -> None:
    secrets, path = Secrets(tmp_path), write(tmp_path, b"old")
    assert secrets.of("mango") == ["old"]
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # until the clock of the file system has gone on
        path.write_bytes(b"new")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert secrets.of("mango") == ["new"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o610])
def test_what_others_may_read_or_change_is_no_secret(tmp_path: Path, mode: int) -> None:
    secrets, path = Secrets(tmp_path), write(tmp_path, b"old")
    assert secrets.of("mango") == ["old"]
    path.chmod(mode)
    with capture_logs() as logs:
        assert (secrets.of("mango"), secrets.of("mango")) == ((), ())  # said once, not for every delivery
    assert [(line["event"], line["advice"]) for line in logs] == [("secrets_not_private", f"chmod 600 {path}")]
    path.chmod(0o600)
    assert secrets.of("mango") == ["old"]


def test_what_is_no_text_is_said_once_and_not_quoted(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    write(tmp_path, b"hidden\xff")
    with capture_logs() as logs:
        assert (secrets.of("mango"), secrets.of("mango")) == ((), ())
    assert [line["event"] for line in logs] == ["secrets_not_read"]
    assert "hidden" not in repr(logs)
    write(tmp_path, b"new")
    assert secrets.of("mango") == ["new"]


def test_a_folder_in_the_place_of_a_file_holds_no_secret(tmp_path: Path) -> None:
    (tmp_path / "mango").mkdir(mode=0o700)
    assert Secrets(tmp_path).of("mango") == ()
