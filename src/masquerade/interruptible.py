"""Waiting that Ctrl-C ends.

A signal that arrives after a thread has let go of the interpreter and before it sleeps wakes nobody: Python hears of it
when the thread wakes for another reason, which may be minutes later. Whoever wakes every half second hears of it then.
"""

from concurrent.futures import Future, wait
from typing import Final, TypeVar

_LOOK: Final = 0.5
"""Seconds between two looks."""

Result = TypeVar("Result")


def result_of(future: "Future[Result]") -> Result:
    """What the future's work gives, or raises, once it is done; the main thread hears of signals meanwhile."""
    while not wait([future], timeout=_LOOK).done:
        pass
    return future.result()
