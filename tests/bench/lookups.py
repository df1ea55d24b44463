"""What a look-up in memory costs at this moment: where it costs more, so does all else, whoever's work it is."""

import random
import time

_ENTRIES = 400_000
_ASKED = 100_000


class LookUps:
    """A dict too large for the processor's caches, asked in no order."""

    def __init__(self) -> None:
        """Fill it."""
        self._held = {(number, str(number)): (number,) for number in range(_ENTRIES)}
        keys = list(self._held)
        random.Random(1).shuffle(keys)
        self._asked = keys[:_ASKED]

    def cost_ns(self) -> int:
        """Nanoseconds of CPU that one takes now."""
        held, began = self._held, time.process_time_ns()
        for key in self._asked:
            held[key]
        return (time.process_time_ns() - began) // _ASKED
