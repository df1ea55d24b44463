"""The thread that talks to Kafka may outlive the loop that it works for."""
# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001  what mode calls each second has no public way to it

import asyncio
import gc
from typing import cast

from services.projector.transport import Group, batch_app
from services.projector.transport.consumer import BatchConsumer
from services.projector.transport.thread import BatchConsumerThread

NOBODY = "127.0.0.1:1"


def a_thread_of(loop: asyncio.AbstractEventLoop) -> BatchConsumerThread:
    async def made() -> BatchConsumerThread:
        app = batch_app(Group(name="wallboard"), NOBODY)
        return cast(BatchConsumerThread, cast(BatchConsumer, app.consumer)._thread)

    return loop.run_until_complete(made())


def test_a_loop_that_ends_before_it_is_woken_leaves_nothing_unawaited() -> None:
    loop = asyncio.new_event_loop()
    thread = a_thread_of(loop)
    asyncio.run(thread._wakeup_timer_in_thread())
    loop.close()
    gc.collect()  # a coroutine that was never awaited says so here, and pytest fails on it
    asyncio.run(thread._wakeup_timer_in_thread())
    gc.collect()
    thread.thread_loop.close()
