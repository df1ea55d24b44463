"""The thread that talks to Kafka may outlive the loop that it works for."""
# pyright: reportPrivateUsage=false
# ruff: noqa: SLF001  what mode calls each second has no public way to it

import asyncio
import gc
import warnings
from typing import cast

import pytest

from services.projector.transport import Group, batch_app
from services.projector.transport.consumer import BatchConsumer
from services.projector.transport.thread import BatchConsumerThread

NOBODY = "127.0.0.1:1"


def a_thread_of(loop: asyncio.AbstractEventLoop) -> BatchConsumerThread:
    async def made() -> BatchConsumerThread:
        app = batch_app(Group(name="wallboard"), NOBODY)
        return cast(BatchConsumerThread, cast(BatchConsumer, app.consumer)._thread)

    return loop.run_until_complete(made())


def said_while_waking(thread: BatchConsumerThread) -> list[str]:
    """Wake the parent's loop, as each second; what Python says of it, also once all garbage is gone."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        asyncio.run(thread._wakeup_timer_in_thread())
        gc.collect()
    return [str(each.message) for each in said]


def test_a_loop_that_ends_before_it_is_woken_leaves_nothing_unawaited() -> None:
    loop = asyncio.new_event_loop()
    thread = a_thread_of(loop)
    assert said_while_waking(thread) == []
    loop.close()
    assert said_while_waking(thread) == []
    thread.thread_loop.close()


def test_the_loop_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, woken = asyncio.new_event_loop(), list[object]()
    thread = a_thread_of(loop)
    monkeypatch.setattr(loop, "call_soon_threadsafe", woken.append)
    asyncio.run(thread._wakeup_timer_in_thread())
    assert len(woken) == 1
    loop.close()
    thread.thread_loop.close()
