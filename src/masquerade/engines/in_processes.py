"""All cores of one machine: processes that are started anew when one is lost."""

import multiprocessing
import os
import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from threading import Thread
from typing import Final, final

from masquerade.engines import ATTEMPTS, Result, Work, do, lost, new_run

_LOOK: Final = 0.5
"""Seconds between two looks, so that signals are heard."""


@final
@dataclass(frozen=True)
class Processes:
    """An engine of processes on this machine.

    A script that uses it guards its own work by ``if __name__ == "__main__"``, since every process imports it.

    Args:
        workers: How many.
    """

    workers: int

    def results(self, work: Work[Result], numbers: Sequence[int]) -> Iterator[tuple[int, Result]]:
        """Each number with its result, as they are done; see ``Engine``."""
        left, failed = dict.fromkeys(numbers), 0
        while left:
            try:
                with closing(self._until_one_is_lost(work, list(left))) as done:
                    for number, result in done:
                        del left[number]
                        failed = 0
                        yield number, result
            except BrokenProcessPool as error:
                failed += 1
                if failed > ATTEMPTS:
                    raise lost() from error

    def _until_one_is_lost(
        self, work: Work[Result], numbers: list[int]
    ) -> Generator[tuple[int, Result], None, None]:
        run, waiting, to_do = new_run(), dict[Future[Result], int](), iter(numbers)
        pool = ProcessPoolExecutor(
            self.workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent
        )
        try:
            while True:
                # two for each worker: none waits while this process writes
                while len(waiting) < 2 * self.workers and (number := next(to_do, None)) is not None:
                    waiting[pool.submit(do, run, work, number)] = number
                if not waiting:
                    return
                for future in wait(waiting, _LOOK, FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _end_with_parent() -> None:
    """A worker leaves Ctrl-C to its parent, and ends when the parent does, even if that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
