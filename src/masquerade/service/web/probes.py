"""Whether the service lives and is ready, for load balancers: no limit counts them, no lock holds them up."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, final

from masquerade.errors import MasqueradeError, OutOfOrder

PROBES: Final = ("/healthz", "/readyz")
FRESH: Final = 1.0
"""Seconds for which an answer is repeated."""
PATIENCE: Final = 2.0
"""Seconds within which the database must answer."""


@final
class Readiness:
    """Asks the database at most once at a time, in a thread of its own.

    Args:
        ping: Passes if the database answers; raises ``MasqueradeError`` otherwise.
    """

    def __init__(self, ping: Callable[[], object]) -> None:
        self._ping = ping
        self._lock = threading.Lock()
        self._asked = -FRESH
        self._answer: Future[None] = Future()
        self._answer.set_result(None)

    async def require(self) -> None:
        """Pass if the database answers, or did a moment ago.

        Raises:
            OutOfOrder: If it does not.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(asyncio.wrap_future(self._latest()))
        except TimeoutError:
            raise OutOfOrder("the database is too slow", code="database", wait=5) from None

    def _latest(self) -> "Future[None]":
        with self._lock:
            if self._answer.done() and time.monotonic() - self._asked >= FRESH:
                self._asked, self._answer = time.monotonic(), Future()
                threading.Thread(
                    target=self._ask, args=(self._answer,), name="readiness", daemon=True
                ).start()
            return self._answer

    def _ask(self, answer: "Future[None]") -> None:
        try:
            self._ping()
        except MasqueradeError as error:
            answer.set_exception(error)
        except Exception:  # noqa: BLE001  (whoever waits must be told)
            answer.set_exception(OutOfOrder("the service is out of order", code="internal"))
        else:
            answer.set_result(None)
