"""``disguise_folder``: photos and key in, a folder that may leave out, by the engine of ``masquerade disguise``."""

from os import PathLike
from pathlib import Path

from masquerade.api.consent import require_consent
from masquerade.api.owners_key import OwnersKey, key_and_records
from masquerade.api.protection import Protection
from masquerade.errors import UsageError
from masquerade.faces.reading import FaceHandling, way_of
from masquerade.files.outputs import require_folder
from masquerade.owner import disguise_folder as engine
from masquerade.owner.disguise_folder import DisguiseSummary
from masquerade.progress import Progress
from masquerade.recipes import Recipe


def disguise_folder(
    photos: str | PathLike[str],
    out: str | PathLike[str],
    key: OwnersKey,
    protection: str | Protection = "blocks-noise",
    *,
    accept_broken: bool = False,
    overwrite: bool = False,
    min_images: int = 1,
    faces: FaceHandling = "auto",
    people: str | PathLike[str] | None = None,
    workers: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> DisguiseSummary:
    """Disguise a folder of person folders into a released data set, as ``masquerade disguise`` does.

    Stopped at any moment, the same call goes on, and leaves the same bytes.

    Args:
        photos: The folder: ``photos/PERSON/PHOTO.jpg``.
        out: The folder to release; made if missing.
        key: The owner's key: a ``KeyFile``, or the file's path. Who is behind which label is kept in the records beside
            the file. The passphrase of a locked file is read from ``MASQUERADE_PASSPHRASE``.
        protection: How to disguise: a ``Protection``, or its name.
        accept_broken: Release although attacks break the protection, or none ran; the manifest says so.
        overwrite: Discard what is in ``out``.
        min_images: People with fewer photos are left out.
        faces: "auto" finds, turns and aligns the face; "as-is" takes each picture for an aligned face.
        people: A CSV of path and person, instead of person folders.
        workers: Threads; by itself one for each processor, at most 8.
        dry_run: Open the photos and say which would be turned away; write nothing; needs no consent.
        progress: Called after every shard with the photos that are done and all photos.

    Returns:
        What was done: ``images``, ``people``, ``turned_away``, ``warnings`` and more.

    Raises:
        UsageError: If consent is missing, no photo can be taken in, or the folders do not fit.
        SourceChanged: If the photos are not those that the interrupted job was started with.
        JobBusy: If another process writes the same data set.
        WriteFailed: If the disk refuses.
    """
    recipe = _recipe(protection)
    if not dry_run:
        require_folder(Path(out), {})
        require_consent(recipe, accept_broken)
    secret, records = key_and_records(key)
    return engine.disguise_folder(
        Path(photos),
        Path(out),
        secret,
        records,
        recipe,
        accept_broken=accept_broken,
        overwrite=overwrite,
        min_images=min_images,
        faces=way_of(faces),
        people=None if people is None else Path(people),
        workers=workers,
        dry_run=dry_run,
        progress=progress,
    )


def _recipe(protection: str | Protection) -> Recipe:
    if isinstance(protection, str):
        return Protection(protection).recipe
    if isinstance(protection, Protection):
        return protection.recipe
    raise UsageError(
        "not a protection",
        value=type(protection).__name__,
        place="protection",
        remedy='Give a Protection, or its name, such as "blocks-noise".',
    )
