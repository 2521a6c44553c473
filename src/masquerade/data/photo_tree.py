"""What in a folder is a photo: one rule for every command.

* Hidden files and folders are passed over silently, and what systems leave behind: ``@eaDir``, ``Thumbs.db``.
* Links are told and not followed: they may lead out of the folder, or bring in one photo twice.
* Pictures of formats that are not read, AVIF among them, count as photos. Each is turned away by name when it is
  opened: passed over, it would be taken for done.
* Other files are told.
* A folder that cannot be read is an error: nobody knows what is in it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, final

from masquerade.data.printable import printable
from masquerade.errors import UsageError

READ: Final = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".heic", ".heif", ".hif"})
"""Extensions of formats that are taken in, whatever their case; what is in the file decides how it is read."""
EXTENSIONS: Final = READ | {
    *(".avif", ".gif", ".tif", ".tiff", ".jxl", ".jp2", ".jpx", ".j2k", ".apng"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw"),
    *(".psd", ".ppm", ".pgm", ".pnm", ".tga", ".qoi"),
}
"""Extensions of pictures."""
_LEFTOVERS: Final = frozenset(
    {"@eadir", "thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "lost+found"}
    | {"system volume information", "icon\r", "@recycle", "#recycle"}
)
"""What systems leave in folders, in small letters."""
_TOLD: Final = 3
"""Names in one notice."""

Kind = Literal["photo", "folder", "link", "other"]


@final
@dataclass(frozen=True)
class PhotoTree:
    """What is to be read.

    Args:
        photos: What was named: the folder, or one photo.
        root: The folder.
        names: Names of photos below it, sorted by the bytes of their parts.
        notices: A sentence for whatever was passed over.
    """

    photos: Path
    root: Path
    names: tuple[str, ...]
    notices: tuple[str, ...]

    def paths(self) -> list[Path]:
        """Where the photos lie."""
        return [self.root / name for name in self.names]


def photo_tree(photos: Path) -> PhotoTree:
    """Look through a folder, or take one photo whatever its name, without opening any.

    Raises:
        UsageError: If there is no such photo or readable folder, or no photo in it.
    """
    if not photos.is_dir():
        if not os.path.lexists(photos):
            raise UsageError("no such photo or folder", value=printable(photos), remedy="Check the path.")
        return PhotoTree(photos, photos.parent, (photos.name,), ())
    passed: dict[str, list[str]] = {}
    names = sorted(_below(photos, passed), key=lambda name: [os.fsencode(part) for part in Path(name).parts])
    notices = told(passed)
    if not names:
        raise UsageError(
            "no photos found",
            value="; ".join(notices) or None,
            place=printable(photos),
            remedy=f"Photos end in {', '.join(sorted(READ))}.",
        )
    return PhotoTree(photos, photos, tuple(names), notices)


def visible(folder: str | os.PathLike[str], remedy: str = "") -> list[os.DirEntry[str]]:
    """What a folder holds but for hidden files and leftovers, sorted by the bytes of names.

    Args:
        folder: The folder.
        remedy: What to do if it cannot be read.

    Raises:
        UsageError: If it is no readable folder.
    """
    try:
        with os.scandir(folder) as entries:
            seen = [entry for entry in entries if not _passed_silently(entry.name)]
    except OSError as error:
        raise UsageError(
            "a folder cannot be read",
            value=error.strerror,
            place=printable(os.fspath(folder)),
            remedy=remedy or "Allow it to be read, or move it away.",
        ) from error
    return sorted(seen, key=lambda entry: os.fsencode(entry.name))


def kind(entry: os.DirEntry[str]) -> Kind:
    """What an entry of a folder is; no link is followed."""
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "photo" if extension(entry.name) in EXTENSIONS else "other"


def extension(name: str) -> str:
    """The extension in small letters, with its dot."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - Path() is slow here


def why_passed(entry: os.DirEntry[str]) -> str:
    """Why a link or a file that is no photo is passed over."""
    if kind(entry) == "link":
        return "links are not followed"
    return f"not the extension of a photo ({printable(extension(entry.name)[:12]) or 'none'})"


def told(names: dict[str, list[str]], before: str = "passed over, ") -> tuple[str, ...]:
    """A sentence for each reason: the first names, and how many more.

    Args:
        names: Names by reason.
        before: What the sentences begin with.
    """
    return tuple(f"{before}{why}: {_listed(names[why])}" for why in sorted(names))


def _listed(names: Iterable[str]) -> str:
    shown = [printable(name) for name in sorted(names, key=os.fsencode)]
    more = f" and {len(shown) - _TOLD} more" if len(shown) > _TOLD else ""
    return ", ".join(shown[:_TOLD]) + more


def _passed_silently(name: str) -> bool:
    return name.startswith(".") or name.lower() in _LEFTOVERS


def _below(root: Path, passed: dict[str, list[str]]) -> list[str]:
    names: list[str] = []
    folders = [os.fspath(root)]
    while folders:
        for entry in visible(folders.pop()):
            name = os.path.relpath(entry.path, root)
            match kind(entry):
                case "folder":
                    folders.append(entry.path)
                case "photo":
                    names.append(name)
                case _:
                    passed.setdefault(why_passed(entry), []).append(name)
    return names
