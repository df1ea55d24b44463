"""The image that docker-compose.yml builds: of what is there, for a user without privileges."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.supervisor.compose import CHECKOUT, HOME, OURS, SERVICES, all_words

SOURCES = [word for words in all_words("COPY") if not words[0].startswith("--from") for word in words[:-1]]
MADE_ELSEWHERE = ("__pycache__", "vendor")
"""Of what lies in the packages of a checkout, what no wheel brings."""


@pytest.mark.parametrize("name", OURS)
def test_all_services_of_ours_are_one_image(name: str) -> None:
    assert SERVICES[name]["build"] == SERVICES["vault"]["build"]
    assert SERVICES[name]["init"] is True


def test_the_base_is_one_pinned_version_of_python() -> None:
    (base,) = {words[0] for words in all_words("FROM")}
    assert re.fullmatch(r"python:3\.13\.[0-9]+-slim-trixie", base)


def test_its_user_is_nobody_special_and_has_the_home() -> None:
    ((who,),) = all_words("USER")
    user, group = who.split(":")
    assert int(user) > 0
    assert int(group) > 0
    (made,) = (words[1:] for words in all_words("RUN") if words[0] == "install")
    assert made == ("--directory", f"--owner={user}", f"--group={group}", "--mode=700", HOME, f"{HOME}/auth")


def test_it_is_made_of_what_is_there_and_nothing_else_is_sent_to_be_built() -> None:
    assert [source for source in SOURCES if not (CHECKOUT / source).exists()] == []
    ignored = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[1] == "*"
    assert [line[1:] for line in ignored if line.startswith("!")] == SOURCES
    assert {line.rpartition("/")[2] for line in ignored if "/" in line} == {*MADE_ELSEWHERE}


def test_what_is_installed_is_checked_against_the_lock() -> None:
    fetching, *others = (words for words in all_words("RUN") if "pip" in words)
    assert {"--require-hashes", "requirements.lock"} < {*fetching}
    assert [words for words in others if not {"--no-index", "--no-deps"} & {*words}] == []


def test_the_modules_that_its_steps_run_are_there() -> None:
    modules = [words[words.index("-m") + 1] for words in all_words("RUN") if "-m" in words]
    assert "services.wallboard.vendor" in modules
    assert [module for module in modules if find_spec(module) is None] == []


def test_the_wheel_that_it_installs_holds_all_of_the_packages(tmp_path: Path) -> None:
    for source in SOURCES:
        _copy(CHECKOUT / source, tmp_path / source)
    (build,) = (words for words in all_words("RUN") if words[-1] == ".")
    command = [sys.executable, "-m", *(word.replace("/wheels", str(tmp_path / "wheels")) for word in build)]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    (built,) = (tmp_path / "wheels").glob("*.whl")
    with ZipFile(built) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == {str(file.relative_to(CHECKOUT)) for source in SOURCES for file in _files(CHECKOUT / source)}


def _copy(source: Path, place: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, place, ignore=shutil.ignore_patterns(*MADE_ELSEWHERE))
    else:
        shutil.copyfile(source, place)


def _files(package: Path) -> Iterator[Path]:
    for file in package.rglob("*"):
        if file.is_file() and not {*file.relative_to(package).parts} & {*MADE_ELSEWHERE}:
            yield file
