"""Rows of the bench, and how a time is taken."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

REPEATS = 25
LEAST_SECONDS = 0.02


@dataclass(frozen=True)
class Row:
    """One measured number beside its baseline; a target is the largest ratio (or value) allowed."""

    name: str
    value: float
    unit: str
    baseline: str
    ratio: float | None
    target: float | None

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return (self.value if self.ratio is None else self.ratio) <= self.target

    def plain(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def interleaved(*runs: Callable[[], object]) -> list[float]:
    """Processor seconds of each run: the least of many repeats, taken in turn and on one thread.

    Processor time leaves out what other programs on the machine take; on one thread it is the time that passes.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _in_turn(runs)
    finally:
        torch.set_num_threads(threads)


def processor_seconds(run: Callable[[], object]) -> float:
    """Processor seconds of a run that is too long to repeat, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    started = time.process_time()
    try:
        run()
    finally:
        torch.set_num_threads(threads)
    return time.process_time() - started


def peak_of(module: str, amount: int) -> float:
    """Peak memory in MiB that a module prints of a run of its own, of so much."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", module, str(amount)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def _in_turn(runs: tuple[Callable[[], object], ...]) -> list[float]:
    times: list[list[float]] = [[] for _ in runs]
    counts = [_count(run) for run in runs]
    for _ in range(REPEATS):
        for run, count, taken in zip(runs, counts, times, strict=True):
            started = time.process_time()
            for _ in range(count):
                run()
            taken.append((time.process_time() - started) / count)
    return [min(taken) for taken in times]


def _count(run: Callable[[], object]) -> int:
    """Calls that take long enough for the clock; the first call warms up."""
    run()
    started = time.process_time()
    run()
    return max(1, int(LEAST_SECONDS / max(time.process_time() - started, 1e-7)))


@dataclass(frozen=True)
class Floors:
    """What the machine can do at best: seconds a byte copied (read and written) and a float32 operation."""

    byte: float
    operation: float

    def of(self, size: int, operations: float) -> float:
        """Seconds for moving ``size`` bytes and computing ``operations``, one after the other."""
        return size * self.byte + operations * self.operation

    def stricter(self, size: int, operations: float) -> float:
        """Seconds for both if neither waited for the other."""
        return max(size * self.byte, operations * self.operation)


COPY = torch.zeros(16 * 2**20)
COPIED = torch.empty_like(COPY)
LEFT = torch.randn(1024, 1024)


def copy() -> object:
    return COPIED.copy_(COPY)


def product() -> object:
    return LEFT @ LEFT


def floors(copy_seconds: float, product_seconds: float) -> Floors:
    """The floors from the times of ``copy`` and ``product``."""
    return Floors(copy_seconds / (2 * 4 * COPY.numel()), product_seconds / (2 * 1024**3))
