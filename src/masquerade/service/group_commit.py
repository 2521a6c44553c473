"""Many requests, one commit: what waits for the disk waits together.

A commit costs a write through to the disk, some milliseconds, however little it holds. Requests that arrive
meanwhile are done in one transaction: those of a kind by one call, the others each behind a savepoint.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, final

from sqlalchemy import Connection

from masquerade.errors import MasqueradeError, OutOfOrder
from masquerade.service.storage.connection import Database

_LOG = logging.getLogger("masquerade.service")
T = TypeVar("T")
W = TypeVar("W")
MOST: Final = 64
"""Requests in one transaction."""
SLOW: Final = 2.0
"""Seconds from which a commit is worth a line in the log."""
PATIENCE: Final = 30.0
"""Seconds that a request waits for its commit."""


@final
@dataclass(frozen=True, eq=False)
class _Request:
    """Args: ``work`` does all wishes of its kind; None if ``wish`` is the work itself."""

    work: Callable[[Connection, list[Any]], Sequence[Any]] | None
    wish: Any
    answer: "Future[Any]" = field(default_factory=Future)


@final
class GroupCommitter:
    """A thread that runs jobs, in the order in which they came.

    Args:
        database: Where they write.
        begun: Called in each transaction, at its beginning: takes the lock that all writers take first, for
            whoever takes locks in another order waits for somebody who waits for him.
        committed: Called in each transaction, at its end; what it gives back is called after the commit.
    """

    def __init__(
        self,
        database: Database,
        begun: Callable[[Connection], None],
        committed: Callable[[Connection], Callable[[], None]],
    ) -> None:
        self._database, self._begun, self._committed = database, begun, committed
        self._jobs: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()
        self.closed = False

    def run(self, job: Callable[[Connection], T]) -> T:
        """The job's result, once it is on the disk.

        Raises:
            MasqueradeError: What the job raised; nothing of it was kept.
            OutOfOrder: If the database cannot be written; nothing was kept.
        """
        return self.result(self.start(job))

    def start(self, job: Callable[[Connection], T]) -> "Future[T]":
        """As ``run``, for who does not wait here.

        Raises:
            OutOfOrder: If the service is stopping.
        """
        return self._put(_Request(None, job))

    def begin(
        self, work: Callable[[Connection, list[W]], Sequence[T | MasqueradeError]], wish: W
    ) -> "Future[T]":
        """A wish that is done with all others of the same work; its answer comes once it is on the disk.

        Args:
            work: What does the wishes of a transaction: an answer, or an error, for each. It must leave nothing
                written of a wish that it answers by an error.
            wish: One of them.

        Raises:
            OutOfOrder: If the service is stopping.
        """
        return self._put(_Request(work, wish))

    def result(self, answer: "Future[T]") -> T:
        """Wait for what was begun.

        Raises:
            MasqueradeError: What it was answered.
            OutOfOrder: If that takes too long.
        """
        try:
            return answer.result(PATIENCE)
        except TimeoutError:
            raise _slow() from None

    async def answered(self, answer: "Future[T]") -> T:
        """As ``result``, without a thread that waits.

        Raises:
            MasqueradeError: What it was answered.
            OutOfOrder: If that takes too long.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                return await asyncio.wrap_future(answer)
        except TimeoutError:
            raise _slow() from None

    def close(self) -> None:
        """Finish what was asked for, then stop."""
        self.closed = True
        self._jobs.put(None)
        self._thread.join(PATIENCE)

    def _put(self, job: _Request) -> "Future[Any]":
        if self.closed:
            raise OutOfOrder("the service is stopping", code="stopping", remedy="Try again.", wait=5)
        self._jobs.put(job)
        return job.answer

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch = [first]
            while len(batch) < MOST and not self._jobs.empty():
                more = self._jobs.get()
                if more is None:
                    self._jobs.put(None)
                    break
                batch.append(more)
            if wanted := [job for job in batch if job.answer.set_running_or_notify_cancel()]:
                self._commit(wanted)

    def _commit(self, batch: list[_Request]) -> None:
        began = time.monotonic()
        try:
            with self._database.writing() as connection:
                self._begun(connection)
                done = [answer for kind in _kinds(batch) for answer in _done(connection, kind)]
                after = self._committed(connection)
            after()
            _tell_slow(time.monotonic() - began, len(batch))
        except Exception as error:  # noqa: BLE001  (whoever waits must be told)
            for job in batch:
                job.answer.set_exception(error)
            return
        for job, result in done:
            if isinstance(result, MasqueradeError):
                job.answer.set_exception(result)
            else:
                job.answer.set_result(result)


def _tell_slow(seconds: float, requests: int) -> None:
    if seconds >= SLOW:
        _LOG.warning(
            "the database took long to commit",
            extra={"fields": {"s": round(seconds, 1), "requests": requests}},
        )


def _slow() -> OutOfOrder:
    return OutOfOrder("the database is too slow", code="database", remedy="Try again.", wait=5)


def _kinds(batch: list[_Request]) -> list[list[_Request]]:
    """Jobs that are done together; each kind where its first one stood."""
    kinds: dict[object, list[_Request]] = {}
    for job in batch:
        kinds.setdefault(job if job.work is None else job.work, []).append(job)
    return list(kinds.values())


def _done(connection: Connection, kind: list[_Request]) -> list[tuple[_Request, Any]]:
    if kind[0].work is not None:
        answers = kind[0].work(connection, [job.wish for job in kind])
        return list(zip(kind, answers, strict=True))
    try:
        with connection.begin_nested():
            return [(kind[0], kind[0].wish(connection))]
    except MasqueradeError as error:
        return [(kind[0], error)]
