"""A vault that remembers what it was asked, and gives everybody a name of their own."""

from collections.abc import Mapping

from services.feeds.callers.heard import NOBODY


class Asked:
    """Knows everybody, or (away) cannot be asked."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}
        self.is_away = False
        self.nobody: set[str] = set()

    async def look_up(self, numbers: Mapping[str, str]) -> Mapping[str, str]:
        """Whom they mean: a person for each number."""
        if self.is_away:
            return {}
        self.numbers |= numbers
        return {about: self.person(number) for about, number in numbers.items()}

    def person(self, number: str) -> str:
        """The person whom a number means."""
        return NOBODY if number in self.nobody else f"person-{sum(number.encode())}"
