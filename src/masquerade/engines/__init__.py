"""Spread numbered pieces of work over processors: an engine takes the public description of the work and its numbers.

What travels to a worker is the description and a number, what comes back is a result; the rest, such as a key, the
worker opens itself (see decision 37). Threads need no engine: they share the memory of who calls them.
"""

from collections.abc import Callable, Iterator, Sequence
from secrets import token_hex
from typing import Any, Final, Protocol, TypeVar

from masquerade.errors import UsageError

__all__ = [
    "ATTEMPTS",
    "ENGINES",
    "Engine",
    "Result",
    "Work",
    "do",
    "engine_named",
    "lost",
    "new_run",
]

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)

ENGINES: Final = ("threads", "processes", "ray")
"""By name, as the command line has them."""
ATTEMPTS: Final = 10
"""How often in a row workers may be lost before a job gives up: one that every worker dies of is not tried for ever."""


class Work(Protocol[Result_co]):
    """The public description of work in numbered pieces: plain data without a secret, which can be pickled."""

    def opened(self) -> Callable[[int], Result_co]:
        """What does a piece, given its number alone; called in each worker, once."""


class Engine(Protocol):
    """Does numbered pieces of work in other processes."""

    def results(self, work: Work[Result], numbers: Sequence[int]) -> Iterator[tuple[int, Result]]:
        """Each number with its result, as they are done; the same piece may be done twice when a worker is lost.

        Args:
            work: What is to be done; its results must depend on the number alone.
            numbers: Of the pieces.

        Raises:
            UsageError: If workers are lost again and again, or the engine cannot be had.
            MasqueradeError: What a piece raises.
        """


def new_run() -> str:
    """A name by which workers tell work that they have opened from another."""
    return token_hex(8)


def lost() -> UsageError:
    """What is raised where workers end again and again."""
    return UsageError(
        "workers end before their work is done",
        remedy="They may lack memory: ask for fewer, and run the same command again: it goes on where it stopped.",
    )


_opened: dict[str, Callable[[int], Any]] = {}


def do(run: str, work: Work[Result], number: int) -> Result:
    """Do one piece in this worker.

    Args:
        run: Name of the run; the work is opened when the first piece of a run comes.
        work: The description.
        number: Of the piece.
    """
    if run not in _opened:
        _opened.clear()
        _opened[run] = work.opened()
    result: Result = _opened[run](number)
    return result


def engine_named(name: str, workers: int, address: str | None = None) -> Engine | None:
    """The engine of a name; None for threads.

    Args:
        name: One of ``ENGINES``.
        workers: How many processes work.
        address: Of a Ray cluster; by itself Ray is started on this machine, for this job.

    Raises:
        UsageError: If there is no such engine, it is not installed, or it takes no address.
    """
    if name not in ENGINES:
        raise UsageError("no such engine", value=name[:100], remedy=f"Say one of {', '.join(ENGINES)}.")
    if address is not None and name != "ray":
        raise UsageError("an address without a cluster", value=address[:100], remedy="Add --engine ray.")
    if name == "ray":
        from masquerade.engines.in_ray import RayTasks

        return RayTasks(workers, address)
    if name == "processes":
        from masquerade.engines.in_processes import Processes

        return Processes(workers)
    return None
