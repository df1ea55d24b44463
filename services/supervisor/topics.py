"""`python -m services.supervisor.topics`: waits for Kafka, makes the topics that are missing, and ends."""

import asyncio
import sys

from services.runtime.errors import ClearError, NoBrokerError
from services.runtime.settings import KafkaSettings
from services.runtime.topics import ensure_topics, projector_topics, source_topics
from services.runtime.versions import FIRST

_WITHIN_S = 60.0
_AGAIN_S = 0.2


async def make_topics(kafka: KafkaSettings) -> None:
    """Make the topics once Kafka answers; raises NoBrokerError when it does not within a minute."""
    specs = (*source_topics(), *projector_topics(FIRST))
    deadline = asyncio.get_running_loop().time() + _WITHIN_S
    while True:
        try:
            return await ensure_topics(kafka.bootstrap_servers, specs)
        except NoBrokerError:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(_AGAIN_S)


def main() -> int:
    """Make them; a failure is one line and exit code 1."""
    try:
        asyncio.run(make_topics(KafkaSettings(client_id="topics")))
    except ClearError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
