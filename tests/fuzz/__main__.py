"""`python -m tests.fuzz`: what `make fuzz` runs: each harness for some seconds, one after another.

What a fuzzer came across that reaches new code is kept from one run to the next, below .kvota/fuzz; what made a harness
fail lies there too, and belongs into tests/fuzz/found, where the tests try it for ever.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.harnesses import HARNESSES
from tests.fuzz.seeds import longest, seeds, tokens

CHECKOUT = Path(__file__).resolve().parents[2]
_FOLDER = CHECKOUT / ".kvota" / "fuzz"
_ITEM_S, _MEMORY_MB = 10, 2_048
"""How long one input may take, and how much memory a fuzzer may have."""
_LEAVES_S = 900
"""How long a fuzzer may take beyond its time, to begin and to end."""
_EXECUTED = re.compile(rb"stat::number_of_executed_units: +([0-9]+)")
_COVERED = re.compile(rb"cov: ([0-9]+) ft: ([0-9]+) corp: ([0-9]+)")


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a harness."""

    name: str
    code: int
    executions: int
    branches: int
    """Places in the code that were reached."""
    found: Sequence[Path]
    """Inputs that made it fail, take too long or want too much memory."""

    def __str__(self) -> str:
        said = "; ".join(map(str, self.found)) or ("" if self.code == 0 else f"ended with {self.code}")
        return f"{self.name:<24}{self.executions:>12}{self.branches:>10}  {said}"


def run(name: str, seconds: int, folder: Path) -> Run:
    """Run one harness in a process of its own; its log lies beside its corpus."""
    corpus, given, found = (folder / part / name for part in ("corpus", "seeds", "found"))
    for each in (corpus, given, found):
        each.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (given / f"{number:03}").write_bytes(seed)
    words = given.with_suffix(".dict")
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in tokens(name) if token), "ascii")
    before = {*found.iterdir()}
    command = (
        *(sys.executable, "-m", "tests.fuzz.one", name, f"-max_total_time={seconds}", f"-max_len={longest(name)}"),
        *(f"-timeout={_ITEM_S}", f"-rss_limit_mb={_MEMORY_MB}", f"-dict={words}", f"-artifact_prefix={found}/"),
        *("-print_final_stats=1", str(corpus), str(given)),
    )
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        ended = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=os.environ,
            stdout=output,
            stderr=output,
            timeout=seconds + _LEAVES_S,
            check=False,
        )
    said = log.read_bytes()
    executed, covered = _EXECUTED.findall(said), _COVERED.findall(said)
    return Run(
        name,
        ended.returncode,
        int(executed[-1]) if executed else 0,
        int(covered[-1][0]) if covered else 0,
        sorted({*found.iterdir()} - before),
    )


def _escaped(token: bytes) -> str:
    """A word as a dictionary of libFuzzer has it."""
    return "".join(f"\\x{byte:02x}" for byte in token)


def main(arguments: Sequence[str]) -> int:
    """Fuzz, and say what was found; 1 when anything was."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("names", nargs="*", help="Harnesses; all of them.")
    parser.add_argument("--seconds", type=int, default=60, help="How long each runs.")
    told = parser.parse_args(arguments)
    if unknown := set(told.names) - HARNESSES.keys():
        parser.error(f"there is no harness {', '.join(sorted(unknown))}: there are {', '.join(HARNESSES)}")
    sys.stdout.write(f"{'harness':<24}{'executions':>12}{'branches':>10}  found\n")
    wrong = False
    for name in told.names or HARNESSES:
        done = run(name, told.seconds, _FOLDER)
        wrong |= done.code != 0 or bool(done.found)
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
