"""The owner's job: from person folders to a released data set, with a key.

People become integers by a secret permutation, and photos are shuffled by the key before they are cut into
shards. Every person found has a label, even if none of the photos can be taken in: which photos are sound is
only known when the last one was decoded, and labels must not change after the first shard. The summary names
such people.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from masquerade.engines import Engine
from masquerade.errors import SourceChanged, UsageError
from masquerade.faces.reading import FaceHandling, PhotoReader, several_notices
from masquerade.keys import Key, KeyFile
from masquerade.owner.job import Job, prepare
from masquerade.owner.kept_networks import keep_networks
from masquerade.owner.photo_list import list_photos
from masquerade.owner.records import Records
from masquerade.owner.released_before import warnings
from masquerade.owner.shard_work import ShardWork, key_that_travels
from masquerade.owner.shards import ShardNote
from masquerade.owner.trial import DryRun, try_photos
from masquerade.progress import Progress
from masquerade.recipes import Recipe
from masquerade.recipes.measured import verdict_on
from masquerade.released.dataset import labels_of
from masquerade.released.folder import existing_dataset
from masquerade.released.ledger import Row, peek
from masquerade.released.manifest import Manifest
from masquerade.released.shard import StoredType
from masquerade.released.writer import ReleaseWriter


@final
@dataclass(frozen=True)
class DisguiseSummary:
    """What a job did, or, after a dry run, would do.

    Args:
        dataset_id: Id of the data set.
        folder: The released folder.
        finished: False after a dry run.
        recipe: Name of the recipe.
        people: Number of people, and so of labels.
        photos: Photos found.
        images: Images in the data set.
        shards: Number of shards.
        bytes: Bytes of all shards; after a dry run, an upper bound.
        dtype: Type of the stored values.
        rejected: How many photos were turned away, by class.
        turned_away: Each of them: photo, rejection and detail.
        rejected_list: The owner's file that lists each of them.
        without_images: People none of whose photos could be taken in.
        notices: What was passed over in the folder of photos, and photos with several faces.
        warnings: What the owner should know before the data set leaves.
    """

    dataset_id: str
    folder: Path
    finished: bool
    recipe: str
    people: int
    photos: int
    images: int
    shards: int
    bytes: int
    dtype: StoredType
    rejected: dict[str, int]
    turned_away: tuple[dict[str, str], ...]
    rejected_list: Path
    without_images: tuple[str, ...]
    notices: tuple[str, ...]
    warnings: tuple[str, ...]


def disguise_folder(
    photos: Path,
    out: Path,
    key: Key | KeyFile,
    records: Records,
    recipe: Recipe,
    *,
    accept_broken: bool = False,
    overwrite: bool = False,
    min_images: int = 1,
    shard_images: int | None = None,
    workers: int | None = None,
    engine: Engine | None = None,
    cache: Path | None = None,
    dry_run: bool = False,
    faces: FaceHandling = "as-is",
    people: Path | None = None,
    progress: Progress | None = None,
) -> DisguiseSummary:
    """Disguise all photos under a folder of person folders.

    A job that was interrupted goes on where it stopped when it is called again in the same way, and leaves
    the same bytes as one that never was. While it runs, PyTorch is limited to one thread for each worker.

    Args:
        photos: The folder of person folders.
        out: The folder to release; created when missing.
        key: The owner's key; an engine needs the handle of its file.
        records: The owner's records, which are kept beside the key file.
        recipe: How to disguise.
        accept_broken: Release the data although the recipe is broken, or was not measured; the manifest says so.
        overwrite: Discard what is in ``out``.
        min_images: People with fewer photos are left out.
        shard_images: Photos in a shard; by itself about 4 MiB.
        workers: Threads that decode and disguise; by itself one for each processor, at most 8. Crafting takes one.
        engine: Other processes that read, disguise and write shards instead of this one's threads; same bytes.
        cache: File of crafted features, if the recipe crafts; by itself among the owner's records.
        dry_run: Open photos and say which would be turned away; write nothing; needs no consent.
        faces: Whether faces are found and aligned, or pictures are taken as they are.
        people: A table of who is on each photo, instead of person folders.
        progress: Told after every shard.

    Raises:
        UsageError: If the recipe is not known to hold and was not accepted, no photo can be taken in, or the folders
            do not fit.
        SourceChanged: If the photos are not those that the interrupted job was started with.
        JobBusy: If another process writes the same data set.
        WriteFailed: If the disk refuses.
    """
    where = None if engine is None else key_that_travels(key)
    key = key.load() if isinstance(key, KeyFile) else key
    cache = cache or records.crafted
    _keep_apart(photos, out, records, cache)
    found = list_photos(photos, min_images, people)
    if not dry_run:
        _require_consent(recipe, accept_broken)
    reader = PhotoReader(recipe.height, recipe.width, recipe.mode, faces)
    job = prepare(
        found,
        key,
        recipe,
        shard_images=shard_images,
        accept_broken=accept_broken,
        cache=cache,
        reader=reader,
    )
    if dry_run:
        trial = try_photos(found, reader, workers or min(8, os.cpu_count() or 1), progress)
        return _summary(job, out, records, None, trial, np.zeros(0, np.int64))
    if engine is not None and not job.maker.side_by_side:
        raise UsageError(
            "crafting goes one batch after the other: a photo has the feature of the first batch that holds it",
            value=recipe.name,
            remedy="Leave the engine out.",
        )
    records.prepare()
    keep_networks(recipe, job.plan.head.disguise, records)
    if not overwrite:
        _require_same_photos(job, out, records)
    with (
        one_thread_each(),
        ReleaseWriter(out, job.plan, records.ledger(job.dataset_id), overwrite=overwrite) as writer,
    ):
        _require_unchanged(job, writer.done(), out)
        told = None if progress is None else _by_photo(progress, job)
        if engine is not None and where is not None:
            work = ShardWork(
                photos=photos.absolute(),
                out=out.absolute(),
                key=where,
                recipe=recipe,
                min_images=min_images,
                people=None if people is None else people.absolute(),
                faces=faces,
                shard_images=shard_images,
                accept_broken=accept_broken,
                started=job.plan.started,
            )
            rows = writer.take_shards(partial(engine.results, work), told)
        else:
            # crafted features depend on which photos were crafted before: their shards are made in order
            threads = threads_of(workers) if job.maker.side_by_side else 1
            rows = writer.write_shards(job.maker, workers=threads, progress=told)
        images = _images_of_labels(job, out, rows)
        trial = _keep_records(job, records, rows, images)
        manifest = writer.finish()
    return _summary(job, out, records, manifest, trial, images)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Give PyTorch one thread for each thread that calls it: shards are made side by side instead."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def threads_of(workers: int | None) -> int:
    """As many threads as are asked for; by itself one for each processor, at most 8.

    Raises:
        UsageError: If there is to be none.
    """
    if workers is not None and workers < 1:
        raise UsageError("no such number of workers", value=workers, remedy="Give 1 or more.")
    return workers or min(8, os.cpu_count() or 1)


def _require_consent(recipe: Recipe, accept_broken: bool) -> None:
    verdict = verdict_on(recipe)
    if verdict.asks and not accept_broken:
        raise UsageError(
            "the recipe is not known to protect",
            value=recipe.name,
            remedy=f"{verdict} {recipe.advice} {_at_home(recipe)}"
            "To release the data all the same, pass --accept-broken.",
        )


def _at_home(recipe: Recipe) -> str:
    """What is said where people are to be recognised; nothing of a recipe for photos that are posted, or features."""
    if recipe.cloak is not None:
        return ""
    return "Nothing needs to be released to recognise people: `masquerade recogniser fit --public -o MODEL`. "


def _keep_apart(photos: Path, out: Path, records: Records, cache: Path) -> None:
    photos, out, kept = photos.resolve(), out.resolve(), records.folder.resolve()
    if out == photos or out in photos.parents or photos in out.parents:
        raise UsageError(
            "photos and released data in one folder", place=out, remedy="Release to a folder of its own."
        )
    if out == kept or out in kept.parents:
        raise UsageError(
            "the owner's records inside the folder to be released",
            place=out,
            remedy="Release to a folder that does not hold the key file.",
        )
    if out in cache.resolve().parents:
        raise UsageError(
            "the cache of crafted features inside the folder to be released",
            value=cache,
            place=out,
            remedy="Keep it elsewhere: it says which photo is behind which feature.",
        )


def _require_same_photos(job: Job, out: Path, records: Records) -> None:
    """Tell apart why a folder holds another data set: its photos have changed, or it is a different job."""
    there = existing_dataset(out, job.dataset_id)
    started = peek(records.ledger(there)) if there else None
    if started is None:
        return
    before = Manifest.from_bytes(started.settings.encode(), out)
    theirs = ("dataset_id", "classes", "masquerade", "made_with", "version")
    ours = job.plan.head.model_copy(update={name: getattr(before, name) for name in theirs})
    if before == ours and started.source != job.plan.source:
        raise _changed(out)


def _require_unchanged(job: Job, done: dict[int, Row], out: Path) -> None:
    for number, row in done.items():
        if not job.maker.unchanged(number, ShardNote.from_text(row.note)):
            raise _changed(out)


def _changed(out: Path) -> SourceChanged:
    return SourceChanged(
        "the photos are not those that the job was started with",
        place=out,
        remedy="Bring the photos back as they were, start afresh with --overwrite, or choose another folder.",
    )


def _by_photo(progress: Progress, job: Job) -> Progress:
    total = len(job.photos)
    return lambda done, shards: progress(min(total, done * job.maker.size), total)


def _images_of_labels(job: Job, out: Path, rows: tuple[Row, ...]) -> NDArray[np.int64]:
    """Images of each label, counted in the shards as they were written."""
    manifest = job.plan.manifest([row.entry for row in rows])
    counts = np.zeros(manifest.classes, np.int64)
    for labels in labels_of(out, manifest):
        counts += np.bincount(labels.numpy(), minlength=manifest.classes)
    if not counts.any():
        raise UsageError(
            "none of the photos can be taken in", place=job.photos.root, remedy="Check what is in the folder."
        )
    return counts


def _keep_records(job: Job, records: Records, rows: tuple[Row, ...], images: NDArray[np.int64]) -> DryRun:
    notes = [ShardNote.from_text(row.note) for row in rows]
    lines = sorted((line for note in notes for line in note.rejected), key=lambda line: line["photo"])
    records.save_rejected(job.dataset_id, lines)
    records.save(job.record(images))
    return DryRun(tuple(lines), tuple(crowd for note in notes for crowd in note.several))


def _summary(
    job: Job,
    out: Path,
    records: Records,
    manifest: Manifest | None,
    trial: DryRun,
    images: NDArray[np.int64],
) -> DisguiseSummary:
    size = sum(shard.bytes for shard in manifest.shards) if manifest else job.bytes
    head = job.plan.head
    count = manifest.images if manifest else len(job.photos) - len(trial.rejected)
    nobody = [job.photos.people[p] for p, label in enumerate(job.labels) if manifest and not images[label]]
    return DisguiseSummary(
        dataset_id=job.dataset_id,
        folder=out,
        finished=manifest is not None,
        recipe=job.recipe.name,
        people=len(job.photos.people),
        photos=len(job.photos),
        images=count,
        shards=job.plan.shards,
        bytes=size,
        dtype=job.plan.head.dtype,
        rejected=dict(sorted(Counter(line["rejection"] for line in trial.rejected).items())),
        turned_away=trial.rejected,
        rejected_list=records.rejected(job.dataset_id),
        without_images=tuple(nobody),
        notices=(*job.photos.notices, *several_notices(list(trial.several))),
        warnings=warnings(records, head.key_fingerprint, job.dataset_id, head.disguise, count),
    )
