"""The photos in and below a folder, by their names relative to it."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import final

from masquerade.data.folders import EXTENSIONS
from masquerade.data.printable import printable
from masquerade.errors import UsageError


@final
@dataclass(frozen=True)
class PhotoTree:
    """What is to be read.

    Args:
        photos: What was named: the folder, or one photo.
        root: The folder.
        names: Names of photos below it, sorted by their bytes.
        notices: A sentence for whatever was passed over.
    """

    photos: Path
    root: Path
    names: tuple[str, ...]
    notices: tuple[str, ...]


def photo_tree(photos: Path) -> PhotoTree:
    """Look through a folder, or take one photo, without opening any.

    Hidden files and folders are passed over silently; links and other extensions than photos' are counted.

    Raises:
        UsageError: If there is no such photo or readable folder, or no photo in it.
    """
    if photos.is_file():
        return PhotoTree(photos, photos.parent, (photos.name,), ())
    if not photos.is_dir():
        raise UsageError("no such photo or folder", value=printable(photos), remedy="Check the path.")
    passed: Counter[str] = Counter()
    names = sorted(_below(photos, passed), key=os.fsencode)
    if not names:
        raise UsageError(
            "no photos found",
            place=printable(photos),
            remedy=f"Photos end in {', '.join(sorted(EXTENSIONS))}.",
        )
    notices = (f"passed over, {why}: {count}" for why, count in sorted(passed.items()))
    return PhotoTree(photos, photos, tuple(names), tuple(notices))


def _below(root: Path, passed: Counter[str]) -> list[str]:
    names: list[str] = []
    for here, folders, files in os.walk(root, onerror=_unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        passed["links are not followed"] += sum(Path(here, name).is_symlink() for name in folders)
        for name in files:
            path = Path(here, name)
            if name.startswith("."):
                continue
            if path.is_symlink():
                passed["links are not followed"] += 1
            elif path.suffix.lower() not in EXTENSIONS:
                passed[f"not the extension of a photo ({printable(path.suffix[:12]) or 'none'})"] += 1
            else:
                names.append(os.path.relpath(path, root))
    for why in [why for why, count in passed.items() if not count]:
        del passed[why]
    return names


def _unreadable(error: OSError) -> None:
    raise UsageError(
        "a folder cannot be read",
        value=error.strerror,
        place=printable(str(error.filename)),
        remedy="Allow it to be read, or move it away.",
    ) from error
