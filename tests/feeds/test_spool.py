"""The spool: bytes that outlive the process, within a bound."""

import asyncio
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feeds.asterisk.ami import AmiMemory
from services.feeds.live.checkpoint import Checkpoint, dump, load, save
from services.feeds.live.spool import Spool

SEGMENT = 10


def spool(folder: Path, limit: int = 1000) -> Spool:
    return Spool(folder, limit, SEGMENT)


def whole(spooled: Spool) -> bytes:
    """Read all there is, as its reader does."""
    data, position = b"", spooled.start
    while piece := spooled.read(position, 7):
        data, position = data + piece, position + len(piece)
    return data


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=25), max_size=20), st.lists(st.booleans(), min_size=20, max_size=20))
def test_what_was_written_is_read_whatever_its_pieces_and_however_often_it_is_opened_anew(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], reopened: list[bool]
) -> None:
    folder = tmp_path_factory.mktemp("spool")
    spooled = spool(folder)
    for piece, again in zip(pieces, reopened, strict=False):
        assert spooled.write(piece)
        if again:
            spooled.close()
            spooled = spool(folder)
    assert whole(spooled) == b"".join(pieces)
    spooled.close()


def test_what_was_forgotten_takes_no_room_and_the_rest_is_still_there(tmp_path: Path) -> None:
    spooled = spool(tmp_path, limit=50)
    assert all(spooled.write(b"0123456789") for _ in range(5))
    assert not spooled.write(b"x")
    spooled.forget(25)
    assert spooled.write(b"x" * 20)
    assert spooled.read(25, 100) == b"56789"
    assert len(list(tmp_path.iterdir())) == 4
    spooled.close()
    again = spool(tmp_path)
    assert (again.start, again.end) == (20, 70)
    again.close()


def test_what_is_all_forgotten_is_in_no_file_any_more(tmp_path: Path) -> None:
    spooled = spool(tmp_path)
    spooled.write(b"+79161230001")
    assert spooled.read(0, 5) == b"+7916"
    spooled.forget(11)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"+79161230001"]  # one byte of it is needed
    for _ in range(2):
        spooled.forget(12)
        assert [file.read_bytes() for file in tmp_path.iterdir()] == [b""]
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not [name for name in opened if name.startswith(str(tmp_path)) and name.endswith("(deleted)")]
    spooled.write(b"abc")
    assert spooled.read(12, 5) == b"abc"
    spooled.close()
    again = spool(tmp_path)
    assert (again.start, again.end) == (12, 15)
    again.close()


@contextmanager
def no_file_longer_than(size: int) -> Generator[None]:
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_what_the_disk_takes_only_a_part_of_is_not_taken_and_what_comes_later_lies_where_it_should(
    tmp_path: Path,
) -> None:
    spooled = Spool(tmp_path, 1000, 100)
    spooled.write(b"0123456789")
    with no_file_longer_than(15), pytest.raises(OSError, match="File too large"):
        spooled.write(b"abcdefghij")
    assert (spooled.end, whole(spooled)) == (10, b"0123456789")
    assert spooled.write(b"ABC")
    assert whole(spooled) == b"0123456789ABC"
    spooled.close()
    again = spool(tmp_path)
    assert (again.end, whole(again)) == (13, b"0123456789ABC")
    again.close()


async def test_room_is_waited_for_until_half_is_free(tmp_path: Path) -> None:
    spooled = spool(tmp_path, limit=40)
    assert spooled.write(b"x" * 40)
    waiting = asyncio.create_task(spooled.has_room())
    spooled.forget(10)
    await asyncio.sleep(0)
    assert not waiting.done()
    spooled.forget(20)
    await asyncio.wait_for(waiting, 5)
    spooled.close()


async def test_a_reader_waits_for_more_until_there_will_be_none(tmp_path: Path) -> None:
    spooled = spool(tmp_path)
    waiting = asyncio.create_task(spooled.grows(0))
    await asyncio.sleep(0)
    spooled.write(b"x")
    assert await asyncio.wait_for(waiting, 5)
    waiting = asyncio.create_task(spooled.grows(1))
    await asyncio.sleep(0)
    spooled.complete()
    assert not await asyncio.wait_for(waiting, 5)
    spooled.close()


def test_where_a_power_failure_took_something_out_of_the_middle_what_follows_is_kept(tmp_path: Path) -> None:
    spooled = spool(tmp_path)
    assert all(spooled.write(b"0123456789") for _ in range(4))
    spooled.close()
    [first, second, *_] = sorted(tmp_path.iterdir())
    second.write_bytes(b"012")
    again = spool(tmp_path)
    assert not first.exists()
    assert (again.start, again.end, whole(again)) == (20, 40, b"0123456789" * 2)
    again.close()


def test_a_spool_that_ends_before_the_position_goes_on_there(tmp_path: Path) -> None:
    spooled = spool(tmp_path)
    spooled.write(b"01234")
    spooled.begin_at(99)
    spooled.write(b"abc")
    assert (spooled.start, spooled.end, spooled.read(99, 9)) == (99, 102, b"abc")
    spooled.close()


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    memory = AmiMemory(latest=5, on_line={("sales", "Anna"): ["pbx1-1.1"]}, transfers={"a": ("timed_out", None)})
    save(tmp_path / "checkpoint", dump(Checkpoint(memory, 7, 3, {"call/1": "p1"})))
    assert load(tmp_path / "checkpoint", AmiMemory) == Checkpoint(memory, 7, 3, {"call/1": "p1"})


def test_without_a_checkpoint_one_begins(tmp_path: Path) -> None:
    assert load(tmp_path / "checkpoint", AmiMemory) == Checkpoint(AmiMemory())


def test_a_checkpoint_whose_memory_is_of_another_version_gives_the_position_and_a_gap(tmp_path: Path) -> None:
    written = msgspec.msgpack.decode(dump(Checkpoint(AmiMemory(latest=5), 7, 3)))
    save(tmp_path / "checkpoint", msgspec.msgpack.encode(written | {"layout": 99}))
    assert load(tmp_path / "checkpoint", AmiMemory) == Checkpoint(AmiMemory(latest=5, reconnected=True), 7, 3)
