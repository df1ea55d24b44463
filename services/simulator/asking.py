"""The desk and the door, as the played day uses them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from events.codec import encode
from events.envelope import Envelope
from services.simulator.commands import Command, Ref, Value
from services.simulator.plan import Plan
from services.simulator.web import Service


class Desk:
    """Asks the desk for what the day's commands say, and remembers the ids that it gives."""

    def __init__(self, service: Service, plan: Plan) -> None:
        """Ask for the commands of one plan: the same plan has the same idempotency keys."""
        self._service = service
        self._prefix = f"simulator-{plan.seed}-{plan.day}-{plan.reps}-{plan.hours}"
        self.ids: dict[Ref, str] = {}

    async def ask(self, command: Command) -> None:
        """Send a command, and again until it is answered."""
        path = "/v1/" + "/".join(str(self._resolved(part)) for part in command.path)
        body = json.dumps({key: self._resolved(value) for key, value in command.body.items()}, ensure_ascii=False)
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"{self._prefix}-{command.name}"}
        answer = await self._service.post(command.name, path, body.encode(), headers)
        if command.makes is not None:
            self.ids[command.makes] = str(answer.json()[command.makes.kind])

    def reps(self) -> dict[str, str]:
        """Give the rep id of each agent who was hired."""
        return {ref.key: identity for ref, identity in self.ids.items() if ref.kind == "rep"}

    def _resolved(self, value: Value) -> Any:  # noqa: ANN401  # JSON
        if isinstance(value, Ref):
            return self.ids[value]
        if isinstance(value, Mapping):
            return {self.ids[ref]: number for ref, number in value.items()}
        return value


class Door:
    """Hands events in at the feeds' CloudEvents door."""

    def __init__(self, service: Service) -> None:
        """Hand in at this service."""
        self._service = service
        self.handed_in = 0

    async def hand_in(self, envelopes: Sequence[Envelope]) -> None:
        """Hand in some events, in this order, and again until they are accepted."""
        lines = b"".join(encode(envelope) + b"\n" for envelope in envelopes)
        headers = {"Content-Type": "application/x-ndjson"}
        await self._service.post(f"{len(envelopes)} events", "/v1/events", lines, headers)
        self.handed_in += len(envelopes)
