"""The notebook's own stop button, for work that a form's button began: no cell runs then, and the kernel would not listen."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SOON_S = 0.2


def listen(stop: Callable[[], None]) -> None:
    """Call *stop* at each interrupt that comes while no cell runs, from soon after this cell on; without a loop never.

    While it handles a message, ipykernel has a handler of its own, and puts the one before back afterwards: so ours is put
    in its place between two messages, where interrupts are ignored, and nowhere else.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    if threading.current_thread() is not threading.main_thread():
        return

    def install() -> None:
        now = signal.getsignal(signal.SIGINT)
        if now is signal.SIG_IGN or isinstance(now, _Stop):
            signal.signal(signal.SIGINT, _Stop(stop))
        elif now is signal.default_int_handler:  # a message is handled just now
            loop.call_later(_SOON_S, install)

    loop.call_later(_SOON_S, install)


class _Stop:
    """A signal handler that is told from others."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def __call__(self, _number: int, _frame: object) -> None:
        self._stop()
