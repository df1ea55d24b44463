"""A child process that cannot outlive its parent, however the parent dies."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dies_with_parent() -> Callable[[], None]:
    """Return what a child must run between fork and exec, so that it is killed when this process dies.

    Linux only; elsewhere a parent killed with SIGKILL leaves its child. To be called from the main thread, whose end
    is what the kernel watches for.
    """
    if sys.platform != "linux":
        return lambda: None
    parent = os.getpid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up here: after the fork there is no room for loading

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the request: nobody would tell
            os._exit(1)

    return bind
