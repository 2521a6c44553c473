"""Pieces of several studies by one pool of processes, the longest first; reports are written from what they kept.

A process takes all pieces of one repetition of one arm, since they share a trained model. Nothing is handed back but
progress: finished pieces lie in the store, where the report finds them, and where a run that was killed goes on.
"""

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty
from typing import Any, Final, final

import torch

from masquerade.audit.pieces import Request
from masquerade.audit.runner import Audit
from masquerade.audit.steps import Say, Steps
from masquerade.audit.store import name_of
from masquerade.audit.studies.expected import arm_seconds
from masquerade.audit.studies.study import Profile
from masquerade.audit.studies.study_file import load_study
from masquerade.errors import AuditStopped

_LOOK: Final = 0.2
"""Seconds between two looks at what the processes say."""


@final
@dataclass(frozen=True)
class Asked:
    """One study as it was asked for.

    Args:
        file: The study file.
        profile: At which profile.
        data: The data root, or None for the environment variable.
        runs: Where finished pieces are kept.
        command: The command that its report names.
    """

    file: Path
    profile: Profile
    data: Path | None
    runs: Path
    command: str

    def audit(self, say: Say) -> Audit:
        """The study, its data read and all of it checked."""
        return Audit(load_study(self.file).at(self.profile), self.data, self.runs, say, self.command)


@final
@dataclass(frozen=True)
class Task:
    """What one process does in one go: pieces of one repetition of one arm.

    Args:
        asked: The study.
        names: Names of the pieces.
        seconds: What they will take, as far as is known; tasks are begun by it, the longest first.
        compares: Whether they are not pieces of an arm, but what protections are compared with.
    """

    asked: Asked
    names: frozenset[str]
    seconds: float
    compares: bool = False


def tasks_of(asked: Asked, audit: Audit, taken: set[str]) -> list[Task]:
    """What is left to do of a study.

    Args:
        asked: The study as it was asked for.
        audit: The same, opened.
        taken: Names of pieces that another task makes; those of the result are added.
    """
    seconds = arm_seconds(audit.study)
    groups: dict[str, dict[str, float]] = {}
    for request in audit.requests():
        name = name_of(request.what)
        if name not in taken and not audit.store.has(name):
            taken.add(name)
            groups.setdefault(_group(audit, request), {})[name] = seconds(request.arm.name)
    compared = [name for name in map(name_of, audit.references.pieces()) if name not in taken]
    taken.update(compared)
    found = [Task(asked, frozenset(names), sum(names.values())) for names in groups.values()]
    if compared and not all(map(audit.store.has, compared)):
        found.append(Task(asked, frozenset(compared), seconds(""), compares=True))
    return found


def run_tasks(tasks: Sequence[Task], jobs: int, steps: Steps, finished: Callable[[Asked], None]) -> None:
    """Do all of them.

    Args:
        tasks: Of any studies.
        jobs: Processes.
        steps: Is told of every piece.
        finished: Called with a study as soon as all of its tasks are done.

    Raises:
        AuditStopped: If a process was killed; what it had finished is kept.
    """
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    ended, holds = context.Pipe(duplex=False)
    threads = max(1, torch.get_num_threads() // jobs)
    pool = ProcessPoolExecutor(jobs, context, _begin, (told, threads, ended))
    left: dict[Asked, int] = {}
    for task in tasks:
        left[task.asked] = left.get(task.asked, 0) + 1
    try:
        running = {pool.submit(_work, task): task for task in sorted(tasks, key=lambda task: -task.seconds)}
        for task in _as_done(running, told, steps):
            left[task.asked] -= 1
            if not left[task.asked]:
                finished(task.asked)
        pool.shutdown()
    except BrokenProcessPool:
        raise AuditStopped(
            "a process of the audit was killed, perhaps for lack of memory",
            value=f"{jobs} at once",
            remedy="Run the same command again, with fewer --jobs: it goes on where it stopped.",
        ) from None
    finally:
        holds.close()  # which ends every process, in the middle of a piece too
        pool.shutdown(wait=False, cancel_futures=True)
        told.close()


def _as_done(running: Mapping["Future[None]", Task], told: Any, steps: Steps) -> Iterator[Task]:  # noqa: ANN401
    waiting = set(running)
    while waiting:
        done, waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
        _hear(told, steps)
        for future in done:
            future.result()
            yield running[future]


def _hear(told: Any, steps: Steps) -> None:  # noqa: ANN401
    with suppress(Empty):
        while True:
            what, words = told.get_nowait()
            if what == "begin":
                steps.begin(words)
            elif what == "made":
                steps.made(dict)()
            else:
                steps.done(words)


def _group(audit: Audit, request: Request) -> str:
    arm = audit.pieces.of_arm(request.arm, request.seed)
    return json.dumps([arm, request.arm.cloud_learns], sort_keys=True)


@final
class _Relay:
    """Tells the parent what becomes of pieces."""

    total = 0

    def __init__(self, told: Any) -> None:  # noqa: ANN401 - a queue between processes has no type of its own
        self._told = told

    def begin(self, words: str) -> None:
        self._told.put(("begin", words))

    def made(self, make: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
        def counted() -> dict[str, Any]:
            piece = make()
            self._told.put(("made", ""))
            return piece

        return counted

    def done(self, name: str) -> None:
        self._told.put(("done", name))


_told: Any = None
_open: dict[Asked, Audit] = {}
"""In a worker: where it tells of its work, and the study that it has open."""


def _begin(told: Any, threads: int, ended: Connection) -> None:  # noqa: ANN401
    """Begin a worker, which ends when its parent closes the other end of a pipe, or dies."""
    global _told
    _told = told
    torch.set_num_threads(threads)
    threading.Thread(target=_end_with, args=(ended,), daemon=True).start()


def _end_with(ended: Connection) -> None:
    with suppress(EOFError, OSError):
        ended.recv()
    os._exit(1)


def _work(task: Task) -> None:
    """Make the pieces of a task; one that cannot be made is left to the report, which says why."""
    audit = _opened(task.asked)
    for request in _first_of_each(audit.requests(), task.names):
        with suppress(Exception):
            audit.make(request)
    if task.compares:
        with suppress(Exception):
            audit.compare()


def _opened(asked: Asked) -> Audit:
    if asked not in _open:
        _open.clear()  # photos of two studies at once may not fit
        _open[asked] = asked.audit(lambda _: None)
        _open[asked].steps = _Relay(_told)
    return _open[asked]


def _first_of_each(requests: Iterable[Request], names: frozenset[str]) -> Iterator[Request]:
    seen: set[str] = set()
    for request in requests:
        name = name_of(request.what)
        if name in names and name not in seen:
            seen.add(name)
            yield request
