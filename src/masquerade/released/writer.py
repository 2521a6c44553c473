"""Write a released data set so that it can be killed at any moment and taken up again.

The order is what makes it safe: a shard is durable under its name before the ledger has its row, and every
row is there before the manifest is. A shard depends on nothing but its number, so one that is made again
has the same bytes.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import final

from torch import Tensor

from masquerade.errors import SourceChanged, UsageError
from masquerade.files.durable import (
    adopt_draft,
    clear_drafts,
    named_failures,
    sync_folder,
    write_draft,
    write_durably,
)
from masquerade.files.standing import digest, glance
from masquerade.interruptible import result_of
from masquerade.progress import Progress
from masquerade.released.folder import clear, existing_dataset, tidy
from masquerade.released.ledger import Ledger, Row, Started, discard
from masquerade.released.lock import only_writer
from masquerade.released.manifest import MANIFEST, Manifest, ShardEntry, shard_name
from masquerade.released.shard import Layout
from masquerade.released.shard_values import EncodedShard, encode


@final
@dataclass(frozen=True)
class Plan:
    """What shall be written.

    Args:
        head: The manifest, still without shards.
        shards: How many shards there will be.
        source: Digest of what the shards are made from; a resumed job must have the same.
    """

    head: Manifest
    shards: int
    source: str

    @property
    def started(self) -> Started:
        """What the ledger remembers of it."""
        return Started(self.head.to_bytes().decode(), self.source)

    def manifest(self, entries: Sequence[ShardEntry]) -> Manifest:
        """The manifest over finished shards.

        Raises:
            UsageError: If some are missing.
        """
        if len(entries) != self.shards:
            raise UsageError("shards are missing", value=self.shards - len(entries))
        images = sum(entry.images for entry in entries)
        return Manifest(**{**dict(self.head), "shards": tuple(entries), "images": images})


@final
@dataclass(frozen=True)
class Shard:
    """What is in one shard.

    Args:
        x: ``(n, c, h, w)`` of the data set's dtype.
        y: int64 ``(n,)``.
        note: Kept in the owner's ledger beside the shard, and nowhere else.
    """

    x: Tensor
    y: Tensor
    note: str = ""


@final
@dataclass(frozen=True)
class DraftedShard:
    """A shard that a worker has written to its end, under a name of this attempt's own.

    Args:
        draft: The name, in the released folder.
        entry: Its row for the manifest.
        note: Kept in the owner's ledger.
    """

    draft: str
    entry: ShardEntry
    note: str


MakeShard = Callable[[int], Shard]
WriteShards = Callable[[Sequence[int]], Iterable[tuple[int, DraftedShard]]]
"""Writes shards of some numbers, in any order: each number with what was written."""


@final
class ReleaseWriter:
    """One job that writes a released data set: shards, ledger rows, and the manifest last.

    Use it as a context manager; while it is open, no other process can write the folder.

    Args:
        folder: Where to; created when missing. Nothing else may be in it.
        plan: What to write.
        ledger: The owner's SQLite file; its folder must exist and is not the released one.
        overwrite: Discard what an earlier job left in the folder.

    Raises:
        JobBusy: If another process writes the same data set.
        SourceChanged: If the ledger is of a job with other sources.
        UsageError: If the folder holds anything else.
        WriteFailed: If the disk refuses.
    """

    def __init__(self, folder: Path, plan: Plan, ledger: Path, *, overwrite: bool = False) -> None:
        self._folder = folder
        self._plan = plan
        self._ledger_path = ledger
        self._overwrite = overwrite
        self._held = ExitStack()
        self._read: dict[str, str] = {}

    def __enter__(self) -> "ReleaseWriter":
        with named_failures(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        with self._held as held:
            held.enter_context(only_writer(self._folder, self._ledger_path.with_suffix(".lock")))
            if self._overwrite:
                clear(self._folder)
                discard(self._ledger_path)
            tidy(self._folder)
            self._ledger = held.enter_context(Ledger(self._ledger_path))
            self._begin()
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _begin(self) -> None:
        before, now = self._ledger.started(), self._plan.started
        if before is None:
            self._refuse_others()
            self._ledger.start(now)
        elif before.source != now.source:
            raise SourceChanged(
                "the photos are not those that the job was started with",
                place=self._folder,
                remedy="Bring the photos back as they were, or start afresh with overwrite.",
            )
        elif before.settings != now.settings:
            raise UsageError(
                "the job was started with other settings, on another kind of processor, or by another version of the "
                "program or of its libraries",
                place=self._folder,
                remedy="Repeat them, or start afresh with overwrite.",
            )
        else:
            self._refuse_others()

    def _refuse_others(self) -> None:
        there = existing_dataset(self._folder, self._plan.head.dataset_id)
        if there is not None:
            raise UsageError(
                "the folder holds another data set",
                value=there,
                place=self._folder,
                remedy="Choose another folder, or replace it with overwrite.",
            )

    def done(self) -> dict[int, Row]:
        """Shards that are finished: ledger rows whose file is there with the SHA-256 that was noted."""
        rows = {number: row for number, row in self._ledger.rows().items() if number < self._plan.shards}
        return {number: row for number, row in rows.items() if self._stands(row)}

    def write_shards(
        self, make: MakeShard, *, workers: int = 1, progress: Progress | None = None
    ) -> tuple[Row, ...]:
        """Make and write every shard that is not there yet.

        Args:
            make: Gives the shard of a number; called from ``workers`` threads, must depend on the number
                alone, or on those before it if there is one worker.
            workers: Threads that make shards, while this one writes them; with 1, this one makes them too.
            progress: Told after every shard.

        Returns:
            Every shard's row, in order.

        Raises:
            UsageError: If a shard does not fit the plan.
            WriteFailed: If the disk refuses; what is finished stays, and the next job goes on from there.
        """
        rows = self.done()
        missing = [number for number in range(self._plan.shards) if number not in rows]
        for number, (shard, note) in _in_order(lambda n: self._encode(n, make(n)), missing, workers):
            write_durably(self._folder / shard.entry.name, shard.parts)
            rows[number] = Row(shard.entry, note)
            self._ledger.add(number, rows[number])
            self._read[shard.entry.name] = glance(self._folder / shard.entry.name)
            if progress is not None:
                progress(len(rows), self._plan.shards)
        return tuple(rows[number] for number in range(self._plan.shards))

    def take_shards(self, write: WriteShards, progress: Progress | None = None) -> tuple[Row, ...]:
        """Let workers write every shard that is not there yet, and enter each.

        Args:
            write: Has them written; what it gives must depend on the number alone.
            progress: Told after every shard.

        Returns:
            Every shard's row, in order.

        Raises:
            UsageError: If a worker gives another shard than it was asked for.
            WriteFailed: If the disk refuses; what is finished stays, and the next job goes on from there.
        """
        rows = self.done()
        for number, shard in write([number for number in range(self._plan.shards) if number not in rows]):
            name = shard_name(number)
            if shard.entry.name != name or number in rows:
                raise UsageError("another shard than the one asked for", value=shard.entry.name, place=name)
            adopt_draft(shard.draft, self._folder / name)
            rows[number] = Row(shard.entry, shard.note)
            self._ledger.add(number, rows[number])
            self._read[name] = glance(self._folder / name)
            if progress is not None:
                progress(len(rows), self._plan.shards)
        clear_drafts(self._folder)  # what workers that were lost have left
        return tuple(rows[number] for number in range(self._plan.shards))

    def finish(self) -> Manifest:
        """Write the manifest, which makes the data set whole.

        Raises:
            UsageError: If a shard is missing.
            WriteFailed: If the disk refuses.
        """
        manifest = self._plan.manifest([row.entry for row in self.done().values()])
        data = manifest.to_bytes()
        path = self._folder / MANIFEST
        if not (path.exists() and path.read_bytes() == data):
            write_durably(path, [data])
        sync_folder(self._folder)
        return manifest

    def _stands(self, row: Row) -> bool:
        """Whether a shard is the one noted; what this job has read or written is not read again untouched."""
        path = self._folder / row.entry.name
        seen = glance(path)
        if self._read.get(row.entry.name) == seen != "":
            return True
        if digest(path) != row.entry.sha256:
            return False
        self._read[row.entry.name] = seen
        return True

    def _encode(self, number: int, shard: Shard) -> tuple[EncodedShard, str]:
        return _encoded(self._plan.head, number, shard), shard.note


def draft_shard(folder: Path, head: Manifest, number: int, shard: Shard) -> DraftedShard:
    """Write a shard for ``ReleaseWriter.take_shards`` to enter, in a worker.

    Args:
        folder: The released folder.
        head: The manifest, still without shards.
        number: Of the shard.
        shard: What is in it.

    Raises:
        UsageError: If the shard does not fit the manifest.
        WriteFailed: If the disk refuses.
    """
    encoded = _encoded(head, number, shard)
    return DraftedShard(write_draft(folder, encoded.parts), encoded.entry, shard.note)


def _encoded(head: Manifest, number: int, shard: Shard) -> EncodedShard:
    layout = Layout(head.dataset_id, number, len(shard.x), head.stored_shape, head.dtype)
    return encode(shard.x, shard.y, layout, shard_name(number))


def write_release(
    folder: Path,
    plan: Plan,
    make: MakeShard,
    ledger: Path,
    *,
    workers: int = 1,
    progress: Progress | None = None,
) -> Manifest:
    """Write a whole released data set, or what an interrupted job has left of it; see ``ReleaseWriter``."""
    with ReleaseWriter(folder, plan, ledger) as writer:
        writer.write_shards(make, workers=workers, progress=progress)
        return writer.finish()


def _in_order(
    work: Callable[[int], tuple[EncodedShard, str]], numbers: list[int], workers: int
) -> Iterator[tuple[int, tuple[EncodedShard, str]]]:
    """Results of ``work`` in the order of ``numbers``; in memory at most one more than there are workers.

    A single worker begins nothing before what came first is written.
    """
    if workers == 1:
        yield from ((number, work(number)) for number in numbers)
        return
    waiting: deque[tuple[int, Future[tuple[EncodedShard, str]]]] = deque()
    pool = ThreadPoolExecutor(workers, "shard")
    try:
        for number in numbers:
            waiting.append((number, pool.submit(work, number)))
            if len(waiting) > workers:
                first, future = waiting.popleft()
                yield first, result_of(future)
        while waiting:
            first, future = waiting.popleft()
            yield first, result_of(future)
    finally:
        # whoever is told to stop does not wait for the shards under way; their threads write nothing
        pool.shutdown(wait=False, cancel_futures=True)
