"""Many requests, one commit: what waits for the disk waits together.

A commit costs a write through to the disk, some milliseconds, however little it holds. Requests that arrive
meanwhile are done in one transaction, each behind a savepoint of its own.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar, final

from sqlalchemy import Connection

from masquerade.errors import MasqueradeError, OutOfOrder
from masquerade.service.database import Database

T = TypeVar("T")
MOST: Final = 32
"""Requests in one transaction."""
PATIENCE: Final = 30.0
"""Seconds that a request waits for its commit."""
_Job = tuple[Callable[[Connection], Any], "Future[Any]"]


@final
class Committer:
    """A thread that runs jobs, in the order in which they came.

    Args:
        database: Where they write.
        committed: Called in each transaction, at its end; what it gives back is called after the commit.
    """

    def __init__(
        self, database: Database, committed: Callable[[Connection], Callable[[], None]] | None = None
    ) -> None:
        self._database, self._committed = database, committed or (lambda _: lambda: None)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()
        self.closed = False

    def run(self, job: Callable[[Connection], T]) -> T:
        """The job's result, once it is on the disk.

        Raises:
            MasqueradeError: What the job raised; nothing of it was kept.
            OutOfOrder: If the database cannot be written; nothing was kept.
        """
        if self.closed:
            raise OutOfOrder("the service is stopping", code="stopping", remedy="Try again.", wait=5)
        answer: Future[T] = Future()
        self._jobs.put((job, answer))
        try:
            return answer.result(PATIENCE)
        except TimeoutError:
            raise OutOfOrder(
                "the database is too slow", code="database", remedy="Try again.", wait=5
            ) from None

    def close(self) -> None:
        """Finish what was asked for, then stop."""
        self.closed = True
        self._jobs.put(None)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            batch = [first]
            while len(batch) < MOST and not self._jobs.empty():
                more = self._jobs.get()
                if more is None:
                    self._jobs.put(None)
                    break
                batch.append(more)
            self._commit(batch)

    def _commit(self, batch: list[_Job]) -> None:
        done: list[tuple[Future[Any], Any, MasqueradeError | None]] = []
        try:
            with self._database.writing() as connection:
                for job, answer in batch:
                    done.append((answer, *_guarded(connection, job)))
                after = self._committed(connection)
            after()
        except Exception as error:  # noqa: BLE001  (whoever waits must be told)
            for _, answer in batch:
                answer.set_exception(error)
            return
        for answer, result, refusal in done:
            if refusal is None:
                answer.set_result(result)
            else:
                answer.set_exception(refusal)


def _guarded(connection: Connection, job: Callable[[Connection], Any]) -> tuple[Any, MasqueradeError | None]:
    try:
        with connection.begin_nested():
            return job(connection), None
    except MasqueradeError as error:
        return None, error
