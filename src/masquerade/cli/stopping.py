"""Being told to stop: by Ctrl-C, by the system, or by a terminal that is closed; once, or again and again."""

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Final, NoReturn, final

SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_PATIENCE: Final = 2.0
"""Seconds in which a command that was told to stop may write down what is finished."""


@final
class Stopping:
    """Handles signals: the first ends the command in order, one that comes seconds later ends it at once.

    Either way nothing is lost that was finished, since every job can be killed at any moment. Signals that the
    process was begun with ignored, as by ``nohup``, stay ignored.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._first: tuple[int, float] | None = None

    def begin(self) -> None:
        """Handle signals from now on."""
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:
                signal.signal(each, self._told)

    def leave(self, code: int) -> NoReturn:
        """End the process: with the exit code that shells know, if it was told to stop.

        Threads that are still at work are not waited for: they may take minutes, and write nothing.
        """
        if self._first is not None:
            code = 128 + self._first[0]
            if threading.active_count() > 1:
                _at_once(code)
        sys.exit(code)

    def _told(self, number: int, _: FrameType | None) -> None:
        if os.getpid() != self._process:  # a fork, which has nothing of its own to put in order
            _at_once(128 + number)
        if self._first is None:
            self._first = number, time.monotonic()
            raise KeyboardInterrupt
        if time.monotonic() - self._first[1] > _PATIENCE:
            _at_once(128 + number)


def _at_once(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, RuntimeError):  # closed, or in the middle of another flush
            continue
    os._exit(code)
