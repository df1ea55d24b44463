"""What the history service's process is told."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.history.room import RESERVE_MB
from services.runtime.settings import Settings


class HistorySettings(Settings):
    """Where history answers while its service has the archive; the file itself lies in the home folder."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_HISTORY_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8707, ge=0, le=65_535)
    """0: any free one."""
    reserve_mb: int = Field(default=RESERVE_MB, ge=0)
    """How much of the disk must be free, in MB, so that anything is archived; reading goes on with less."""
    memory_mb: int | None = Field(default=None, ge=256, le=1_048_576)
    """How much memory DuckDB may use, in MB; None: half of what the machine has."""
    statement_s: float = Field(default=60, gt=0, le=600)
    """How long the statement of a report may run."""
    max_rows: int = Field(default=100_000, ge=1, le=1_000_000)
    """How many rows a report may give."""
    at_once: int = Field(default=4, ge=1, le=64)
    """How many reports and explanations are made at once; others wait for ten seconds."""
    sql_s: float = Field(default=10, gt=0, le=600)
    """How long an auditor's query may run."""
    sql_rows: int = Field(default=10_000, ge=1, le=1_000_000)
    """How many rows it may give."""
    sql_bytes: int = Field(default=16 * 1024 * 1024, ge=1_000, le=256 * 1024 * 1024)
    """How long its rows may be, as JSON."""
    sql_memory_mb: int = Field(default=512, ge=64, le=65_536)
    """How much memory DuckDB may use for it."""
