"""What the simulator is told: by its environment, and by its command line, which comes first."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, FilePath, NonNegativeFloat, NonNegativeInt, PositiveFloat, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.serving import Address
from services.runtime.settings import CompanySettings, Settings
from services.simulator.plan import Plan

_PORTS = 65_536


class SimulatorSettings(Settings):
    """Plays a seeded day of a sales floor through the doors of Kvota: a phone system's AMI, the desk, the feeds."""

    model_config = SettingsConfigDict(
        env_prefix="KVOTA_SIMULATOR_",
        frozen=True,
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_prog_name="python -m services.simulator",
        use_attribute_docstrings=True,
    )

    seed: NonNegativeInt = 7
    """What chance is drawn from: the same seed, day and size give the same day."""
    day: date | None = None
    """The day that is played; today when not told."""
    reps: int = Field(default=40, ge=4, le=400)
    """How many people work on the floor."""
    hours: int = Field(default=10, ge=1, le=12)
    """How long the lines are open."""
    speed: NonNegativeFloat = 60
    """Seconds of the day in a real second; 0: as fast as the doors take it."""
    ami: str = Field(default="127.0.0.1:8705", pattern=r"^.+:[0-9]+$")
    """Where the phone system's manager interface listens."""
    secret_file: FilePath | None = None
    """Holds the secret that AMI clients must know; without it anybody may log in."""
    desk: str = "http://127.0.0.1:8701"
    """The desk; empty: nothing is asked of any."""
    door: str = "http://127.0.0.1:8703"
    """The feeds' CloudEvents door; empty: nothing is handed in."""
    desk_token: SecretStr | None = None
    """What the desk is told of who asks; without it a token is issued by this machine's own key."""
    door_token: SecretStr | None = None
    """What the door is told of who asks; likewise."""
    system: str = Field(default="pbx1", pattern=r"^[A-Za-z0-9]{1,20}$")
    """How the phone system calls itself."""
    roster: Path | None = None
    """Where the rep of each agent is written, for feeds. Without it the phone system calls agents by their rep ids."""
    queue_log: Path | None = None
    """Where the phone system keeps its queue_log; what another run left there is overwritten."""
    patience_s: PositiveFloat = 120
    """How long a service may be away."""
    drain_s: PositiveFloat = 10
    """How long to wait after the day for AMI clients to ask for the time, which shows that they have read all."""
    once: bool = False
    """End when the day has been played; else the phone system goes on answering."""
    figures: bool = False
    """Print the day's true figures, and play nothing."""

    @field_validator("ami")
    @classmethod
    def _is_an_address(cls, ami: str) -> str:
        if int(ami.rpartition(":")[2]) >= _PORTS:
            message = f"a port is less than {_PORTS}"
            raise ValueError(message)
        return ami

    @classmethod
    def _variable(cls, *names: int | str) -> str:
        option = "-".join(map(str, names)).replace("_", "-")
        return f"--{option} or {super()._variable(*names)}"

    @classmethod
    def told(cls, arguments: Sequence[str]) -> "SimulatorSettings":
        """Read the environment and a command line; raises ClearError for what makes no sense."""
        return cls(_cli_parse_args=[*arguments])

    def plan(self, company: CompanySettings) -> Plan:
        """Say which day is meant."""
        return Plan(
            seed=self.seed,
            day=self.day or datetime.now(ZoneInfo(company.time_zone)).date(),
            reps=self.reps,
            hours=self.hours,
            zone=company.time_zone,
            country=company.country,
            system=self.system,
            currency=company.currency,
        )

    def address(self) -> Address:
        """Where to listen for AMI."""
        host, _, port = self.ami.rpartition(":")
        return Address(host=host.strip("[]"), port=int(port))
