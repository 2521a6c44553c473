"""What may lie in a released folder, and how it is emptied."""

import re
from pathlib import Path

from masquerade.errors import ReleasedError, UsageError
from masquerade.files.durable import is_draft, remove, sync_folder
from masquerade.files.opening import open_file, read_file
from masquerade.released.manifest import LARGEST_MANIFEST, MANIFEST, Manifest
from masquerade.released.shard import binding

_SHARD = re.compile(r"part-\d{5,}\.safetensors")


def is_shard(path: Path) -> bool:
    """Whether a file is called like a shard."""
    return _SHARD.fullmatch(path.name) is not None


def tidy(folder: Path) -> None:
    """Remove what a killed job left half-written.

    Raises:
        UsageError: If there is anything in the folder that no job of ours wrote.
    """
    for path in sorted(folder.iterdir()):
        if is_draft(path):
            remove(path)
        elif path.name != MANIFEST and not is_shard(path):
            raise UsageError(
                "the folder holds something that is not part of a released data set",
                value=path.name,
                place=folder,
                remedy="Choose an empty folder, or one that does not exist yet.",
            )


def clear(folder: Path) -> None:
    """Remove a released data set, the manifest first, so that what is left is never taken for a whole one.

    Raises:
        UsageError: If there is anything else in the folder; nothing is removed then, but half-written files.
    """
    tidy(folder)
    remove(folder / MANIFEST)
    sync_folder(folder)
    for path in sorted(folder.iterdir()):
        remove(path)


def existing_dataset(folder: Path, expected: str | None = None) -> str | None:
    """The id of the first data set found in ``folder`` other than ``expected``, or None.

    Manifest and shards are asked for what they claim; a damaged one claims nothing.
    """
    if not folder.is_dir():
        return None
    for path in sorted(folder.iterdir()):
        found = _claimed(path)
        if found is not None and found != expected:
            return found
    return None


def _claimed(path: Path) -> str | None:
    if path.name == MANIFEST:
        try:
            return Manifest.from_bytes(read_file(path, LARGEST_MANIFEST), path).dataset_id
        except (ReleasedError, OSError):
            return None
    if not is_shard(path):
        return None
    try:
        with open_file(path) as file:
            claim = binding(file)
    except OSError:
        return None
    return claim[0] if claim else None
