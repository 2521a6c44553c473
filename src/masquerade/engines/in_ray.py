"""Many machines: Ray's tasks. Without an address Ray is started on this machine and ends with the job."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, final

from masquerade.engines import ATTEMPTS, Result, Work, do, lost, new_run
from masquerade.errors import UsageError
from masquerade.extras import how_to_install


@final
@dataclass(frozen=True)
class RayTasks:
    """An engine of Ray's tasks, one processor each.

    No secret goes through Ray: neither arguments nor results nor environments of tasks hold one.

    Args:
        workers: How many tasks run at a time.
        address: ``host:port`` of a cluster on whose machines the program is installed and the paths lead to the same
            files; None to start Ray on this machine.

    Raises:
        UsageError: If Ray is not installed.
    """

    workers: int
    address: str | None = None

    def __post_init__(self) -> None:
        _ray()

    def results(self, work: Work[Result], numbers: Sequence[int]) -> Iterator[tuple[int, Result]]:
        """Each number with its result, as they are done; see ``Engine``."""
        ray = _ray()
        run, waiting, to_do = new_run(), dict[Any, int](), iter(numbers)
        with _connected(ray, self.workers, self.address):
            task = ray.remote(num_cpus=1, max_retries=ATTEMPTS)(do)

            def begin() -> None:
                while len(waiting) < self.workers and (number := next(to_do, None)) is not None:
                    waiting[task.remote(run, work, number)] = number

            try:
                begin()
                while waiting:
                    done, _ = ray.wait(list(waiting), num_returns=1)
                    number = waiting.pop(done[0])
                    begin()  # nobody waits while this process writes
                    yield number, _result(ray, done[0])
            finally:
                for reference in waiting:
                    ray.cancel(reference, force=True)


def _result(ray: ModuleType, reference: Any) -> Any:  # noqa: ANN401 - Ray's types are not checked
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError) as error:
        raise lost() from error


@contextmanager
def _connected(ray: ModuleType, workers: int, address: str | None) -> Iterator[None]:
    """Ray, started or joined, unless whoever calls has done so."""
    if ray.is_initialized():
        yield
        return
    here = {"num_cpus": workers, "include_dashboard": False} if address is None else {}
    try:
        ray.init(address=address or "local", log_to_driver=False, **here)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UsageError(
            "no Ray cluster answers",
            value=str(error)[:200],
            place=address,
            remedy="Start it with `ray start --head`, and give HOST:PORT, or leave --address out.",
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else it warns
    try:
        import ray
    except ImportError as error:
        raise UsageError("Ray is not installed", remedy=how_to_install("ray")) from error
    module: ModuleType = ray
    return module
