"""Why the business says no to what is asked about programmes and sessions. Pure."""

from services.desk.deciding import Unknown


class ProgrammeUnknown(Unknown):
    """Nobody published such a programme."""

    kind = "programme-unknown"
    said = ("there is no programme {}", "программы {} нет")
