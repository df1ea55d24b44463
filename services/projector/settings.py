"""What one projector process is told."""

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import Settings


class ProjectorSettings(Settings):
    """How the projector works: which version it is, and how it paces its ticks."""

    model_config = SettingsConfigDict(env_prefix="KVOTA_PROJECTOR_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8706, ge=0, le=65_535)
    """Where it says how it is: `GET /healthz`, `GET /readyz`, `GET /metrics`; private. 0: any free one."""
    ready_lag_s: PositiveFloat = 10.0
    """It is ready while no record of its shards has waited longer than this to be read."""
    version: PositiveInt | None = None
    """The version of the live cells to keep up; None: the one that serves, if it is of this release's projections."""
    instance: str | None = None
    """The worker's own name, the same after a restart: then a quick restart moves no partition."""
    tick_ms: PositiveInt = Field(default=40, le=5_000)
    """How long a fetch waits for records, unless there are many: the cost of a tick is shared by all that it reads."""
    tick_records: PositiveInt = Field(default=12_000, le=100_000)
    """A tick is due as soon as so many records were gathered; the last fetch may bring it over."""
    beat_s: PositiveFloat = 1.0
    """A shard that has nothing to read says so this often, with an empty tick."""
    state_every_s: PositiveFloat = 30.0
    """How often touched cells are stated in the cells topic, unless many are earlier."""
