"""Why the business says no to what is asked about names of phone systems. Pure."""

from datetime import datetime

from services.desk.deciding import Rejected


class NameMappedSoAlready(Rejected):
    """What is asked for holds already."""

    kind = "name-mapped-so-already"

    def __init__(self, name: str, starts_at: datetime) -> None:
        """Name it, and since when."""
        super().__init__(
            en=f"the name {name} means just that already, from {starts_at} on",
            ru=f"имя {name} уже означает именно это начиная с {starts_at}",
        )


class NameMeansNobody(Rejected):
    """A meaning is taken back that a name does not have."""

    kind = "name-means-nobody"

    def __init__(self, name: str, starts_at: datetime) -> None:
        """Name it, and the moment."""
        super().__init__(
            en=f"the name {name} means nobody at {starts_at}: there is nothing to take back",
            ru=f"на {starts_at} имя {name} никому не назначено: отменять нечего",
        )
