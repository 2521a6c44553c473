"""Several processes on one address: begun, begun again where one dies, and told to stop all at once.

uvicorn's own supervisor looks for signals between questions to its processes whether they live, and waits for the
answers: told to stop while they begin, it took as long as they did.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from socket import socket
from typing import Final, final

from masquerade.errors import OutOfOrder

LOOK: Final = 0.2
"""Seconds between two looks at whether we were told to stop."""
FAILED: Final = 3
"""How a process ends that never served; another would end so too."""
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
Begun = Callable[[], object]


@final
class Workers:
    """Processes that serve.

    Args:
        serve: What each does with the address, until a signal tells it to stop; importable by name. It calls what
            it is given once it answers, and gives back whether it could begin.
        count: How many.
        told: Called once, when the first answers.
    """

    def __init__(
        self, serve: Callable[[socket, Begun], bool], count: int, told: Begun = lambda: None
    ) -> None:
        self._serve, self._count, self._told = serve, count, told
        self._answers = get_context("spawn").Event()

    def run(self, address: socket) -> None:
        """Until a signal tells this process to stop; then until all have ended.

        Args:
            address: Bound to where they listen; closed at the end.

        Raises:
            OutOfOrder: If one cannot begin.
        """
        with _told() as told:
            running = [self._begun(address) for _ in range(self._count)]
            try:
                while not told:
                    wait([process.sentinel for process in running], LOOK)
                    self._look()
                    for at, process in enumerate(running):
                        if process.exitcode == FAILED:
                            raise OutOfOrder("a worker cannot begin", code="worker", remedy="See above.")
                        if process.exitcode is not None and not told:
                            running[at] = self._begun(address)
            finally:
                address.close()  # else who connects now would wait for nobody
                for process in running:
                    process.terminate()
                for process in running:
                    process.join()

    def _begun(self, address: socket) -> SpawnProcess:
        words = (self._serve, address, self._answers)
        process = get_context("spawn").Process(target=_work, args=words)
        process.start()
        return process

    def _look(self) -> None:
        if self._answers.is_set():
            self._answers.clear()
            self._told()
            self._told = lambda: None


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within, a signal to stop ends this process as if its work were done."""
    with _handled(lambda *_: sys.exit(0)):
        yield


@contextmanager
def _told() -> Iterator[list[int]]:
    """Signals that came so far; while a process is begun, nothing may be cut short."""
    came: list[int] = []
    with _handled(lambda number, _: came.append(number)):
        yield came


@contextmanager
def _handled(act: Callable[[int, object], object]) -> Iterator[None]:
    wanted = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]  # of nohup
    before = {each: signal.signal(each, act) for each in wanted}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _work(serve: Callable[[socket, Begun], bool], address: socket, answers: Event) -> None:
    threading.Thread(target=_follow, daemon=True).start()
    try:
        begun = serve(address, answers.set)
    except KeyboardInterrupt:  # of a terminal, which tells us as it tells the process that began us
        return
    if not begun:
        sys.exit(FAILED)


def _follow() -> None:
    """End as well, once the process is gone that began us: nobody would tell us to stop any more."""
    beginner = parent_process()
    if beginner is not None:
        wait([beginner.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
