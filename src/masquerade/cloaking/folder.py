"""The person's job: a folder of photos in, a folder of cloaked photos out, with the person's MaskNet.

Photos are never changed where they lie. Each cloaked photo appears whole under its name or not at all, and a
job that was stopped goes on where it stopped when it is called again in the same way.
"""

import errno
import json
import os
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any, Final, Literal, final

from masquerade.cloaking.ledger import CloakLedger, Done
from masquerade.cloaking.photo_cloak import PhotoCloak
from masquerade.data.intake import read
from masquerade.data.photo_tree import PhotoTree, photo_tree, told
from masquerade.data.picture import open_picture
from masquerade.data.printable import printable
from masquerade.errors import MasqueradeError, UsageError, WriteFailed
from masquerade.files.durable import clear_drafts, named_failures, write_durably
from masquerade.files.kinds import KEPT, kind_of
from masquerade.files.standing import as_spelt, digest, folded, glance
from masquerade.interruptible import result_of
from masquerade.owner.disguise_folder import one_thread_each, threads_of
from masquerade.owner.records import Records
from masquerade.progress import Progress
from masquerade.released.lock import only_writer

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


LEAST_MEMORY: Final = 1_400_000_000
"""Bytes of address space for small photos and two workers, measured: 1.2e9 fail, 1.4e9 do."""
_Made = tuple[bytes | None, Done]
"""What is to be written, and its row."""
_Waiting = tuple[str, Future[_Made]]
_HOPELESS: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM}
"""What concerns the output folder, and so every photo that is still to come."""


@final
@dataclass(frozen=True)
class Failure:
    """A photo that was not written, and why; every other photo was."""

    photo: str
    error: MasqueradeError


@final
@dataclass(frozen=True)
class CloakSummary:
    """What came of a folder.

    Args:
        photos: Photos found.
        cloaked: Photos with cloaked faces, those of earlier runs of the job among them.
        copied: Photos without a face that were copied.
        skipped: Photos without a face that were left out, by name.
        failures: Photos that could not be cloaked, each once.
        faces: Faces cloaked.
        faces_by_photo: Faces cloaked on each photo that is settled, by name; 0 where none was found.
        ssim_median: Median over cloaked photos of the structural similarity of the face that changed most.
        ssim_worst: The smallest of these.
        worked: Photos that this run worked on.
        seconds: How long it took for all of them.
        notices: What was passed over, and what of photos is not in what was written.
    """

    photos: int
    cloaked: int
    copied: int
    skipped: tuple[str, ...]
    failures: tuple[Failure, ...]
    faces: int
    faces_by_photo: tuple[tuple[str, int], ...]
    ssim_median: float | None
    ssim_worst: float | None
    worked: int
    seconds: float
    notices: tuple[str, ...]


def cloak_folder(
    photos: Path,
    out: Path,
    cloak: PhotoCloak,
    records: Records,
    settings: dict[str, Any],
    *,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> CloakSummary:
    """Cloak all photos in and below a folder, or one photo.

    Args:
        photos: The folder, or a photo.
        out: The folder to write to, created when missing; photos have the same names below it.
        cloak: How.
        records: Where the job keeps its account.
        settings: Plain data that tells this job from one with another cloak; its digest names the account.
        overwrite: Replace files in ``out`` that the job has not written.
        workers: Threads; by itself one for each processor, at most 8.
        progress: Told after every photo.

    Raises:
        UsageError: If there is no photo, photos and ``out`` lie in one another, there is to be no worker, or the
            process may not take the memory.
        JobBusy: If another process writes to ``out``.
        WriteFailed: If ``out`` cannot be written to at all; what was done before stays done.
    """
    _require_memory()
    tree = photo_tree(photos)
    _keep_apart(tree, out)
    threads = threads_of(workers)
    with named_failures(out):
        out.mkdir(parents=True, exist_ok=True)
    records.prepare()
    account = records.folder / f"cloak-{_job_id(tree, out, settings)}"
    with (
        one_thread_each(),
        only_writer(out, account.with_suffix(".lock")),
        CloakLedger(account.with_suffix(".sqlite")) as ledger,
    ):
        for folder in {out, *((out / name).parent for name in tree.names)}:
            clear_drafts(folder)
        job = _CloakJob(tree, out, cloak, ledger, overwrite)
        with closing(job.run(threads)) as steps:
            for done in steps:
                if progress is not None:
                    progress(done, len(tree.names))
    return job.summary()


@final
@dataclass
class _CloakJob:
    """One run."""

    tree: PhotoTree
    out: Path
    cloak: PhotoCloak
    ledger: CloakLedger
    overwrite: bool
    rows: dict[str, Done] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    left_behind: dict[str, list[str]] = field(default_factory=dict)
    worked: int = 0
    start: float = field(default_factory=time.monotonic)

    def run(self, workers: int) -> Generator[int, None, None]:
        """Go through all photos in order; gives how many are done.

        Told to stop, it keeps what is finished and does not wait for the photos under way: their threads end by
        themselves, and write nothing.
        """
        waiting: deque[_Waiting] = deque()
        pool = ThreadPoolExecutor(workers)
        try:
            for name in self.tree.names:
                if self._is_done(name) or not self._may_be_written(name):
                    continue
                waiting.append((name, pool.submit(self._made, name)))
                while len(waiting) > 2 * workers:
                    yield self._keep_first(waiting)
            while waiting:
                yield self._keep_first(waiting)
        except (KeyboardInterrupt, GeneratorExit):
            self._keep_finished(waiting)
            raise
        finally:
            pool.shutdown(wait=not waiting, cancel_futures=True)
        yield self.done

    @property
    def done(self) -> int:
        """Photos that are settled."""
        return len(self.rows) + len(self.failures)

    def _is_done(self, name: str) -> bool:
        row = self.ledger.get(name)
        source = self.tree.root / name
        if row is None or (row.written is not None and digest(self.out / name) != row.written):
            return False
        seen = glance(source)
        if seen != row.glance:
            if digest(source) != row.contents:
                return False
            row = replace(row, glance=seen)
            self.ledger.add(name, row)
        self._count(name, row)
        return True

    def _may_be_written(self, name: str) -> bool:
        """Whether nothing of somebody else's stands there, and no detour leads back into the photos."""
        target = self.out / name
        final, sources = target.parent.resolve() / target.name, self.tree.photos.resolve()
        if final == sources or sources in final.parents:
            return self._fail(name, "the output leads back into the photos", "Choose another folder.")
        there = digest(target)
        if there is None:
            return True
        names = self.ledger.names_of(there)
        if name in names:
            return True
        for other in filter(partial(self._is_one_with, name), names):
            twin = f"the disk takes its name for that of {printable(other)}, which is there already"
            return self._fail(name, twin, "Rename one of the photos, or write to another disk.")
        if self.overwrite and kind_of(target) not in KEPT:
            return True
        return self._fail(name, "a file is there already", "Choose another folder, or pass --overwrite.")

    def _is_one_with(self, name: str, other: str) -> bool:
        """Whether two names are one on this disk."""
        out = self.out.resolve()
        return folded(name) == folded(other) and as_spelt(out / name) == as_spelt(out / other)

    def _fail(self, name: str, problem: str, remedy: str) -> Literal[False]:
        error = UsageError(problem, place=printable(self.out / name), remedy=remedy)
        self.failures.append(Failure(printable(name), error))
        return False

    def _made(self, name: str) -> _Made:
        source, place = self.tree.root / name, printable(name)
        seen = glance(source)
        data, contents = read(source)
        picture = open_picture(data, place)
        photo = self.cloak(picture, place)
        for each in picture.essence.left_behind if photo.data is not None else ():
            self.left_behind.setdefault(each, []).append(name)
        written = None if photo.data is None else sha256(photo.data).hexdigest()
        return photo.data, Done(seen, contents, photo.outcome, written, photo.faces, photo.ssim)

    def _keep_first(self, waiting: deque[_Waiting]) -> int:
        self._keep(*waiting[0])
        waiting.popleft()  # only now: whoever is told to stop meanwhile goes through all that wait
        return self.done

    def _keep(self, name: str, made: Future[_Made]) -> None:
        self.worked += 1
        try:
            data, row = result_of(made)
            if self._written(name, data, row):
                self._count(name, row)
        except WriteFailed as error:
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno in _HOPELESS:
                raise
            self.failures.append(Failure(printable(name), error))
        except MasqueradeError as error:
            self.failures.append(Failure(printable(name), error))

    def _keep_finished(self, waiting: Iterable[_Waiting]) -> None:
        for name, made in waiting:
            if made.done() and not made.cancelled():
                self._keep(name, made)

    def _written(self, name: str, data: bytes | None, row: Done) -> bool:
        """Whether it was written, or is one that is skipped; what came in between is a failure that was noted."""
        if data is None:
            self.ledger.add(name, row)
            return True
        target = self.out / name
        with named_failures(target):
            target.parent.mkdir(parents=True, exist_ok=True)
        taken = os.path.lexists(target)
        # Again, since what this job wrote meanwhile may have the same name on this disk.
        if not self._may_be_written(name):
            return False
        write_durably(target, self._noted(name, data, row), replace=taken)
        return True

    def _noted(self, name: str, data: bytes, row: Done) -> Iterator[bytes]:
        """The data, and a row once they are on their way to the disk, before they have their final name."""
        yield data
        self.ledger.add(name, row)

    def _count(self, name: str, row: Done) -> None:
        self.rows[name] = row

    def summary(self) -> CloakSummary:
        """What came of it so far."""
        rows = {printable(name): self.rows[name] for name in self.tree.names if name in self.rows}
        similar = [row.ssim for row in rows.values() if row.ssim is not None]
        return CloakSummary(
            photos=len(self.tree.names),
            cloaked=sum(row.outcome == "cloaked" for row in rows.values()),
            copied=sum(row.outcome == "copied" for row in rows.values()),
            skipped=tuple(name for name, row in rows.items() if row.outcome == "skipped"),
            failures=tuple(self.failures),
            faces=sum(row.faces for row in rows.values()),
            faces_by_photo=tuple((name, row.faces) for name, row in rows.items()),
            ssim_median=median(similar) if similar else None,
            ssim_worst=min(similar, default=None),
            worked=self.worked,
            seconds=time.monotonic() - self.start,
            notices=(*self.tree.notices, *told(self.left_behind, "not in what was written, ")),
        )


def _job_id(tree: PhotoTree, out: Path, settings: dict[str, Any]) -> str:
    facts = [str(tree.root.resolve()), str(out.resolve()), settings]
    return sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _require_memory() -> None:
    """Refuse where a library would fail in the middle, with its process: some end it when there is no memory left."""
    if resource is None:
        return
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed not in (resource.RLIM_INFINITY, -1) and allowed < LEAST_MEMORY:
        raise UsageError(
            "too little memory is allowed",
            value=f"{allowed / 1e6:,.0f} MB",
            place="`ulimit -v`",
            remedy=f"Allow {LEAST_MEMORY / 1e6:,.0f} MB, and more for large photos.",
        )


def _keep_apart(tree: PhotoTree, out: Path) -> None:
    root, out = as_spelt(tree.root.resolve()), as_spelt(out.resolve())
    within = tree.photos == tree.root and (out in root.parents or root in out.parents)
    if out == root or within:
        raise UsageError(
            "photos and cloaked photos in one folder",
            place=printable(out),
            remedy="Write to a folder of its own.",
        )
