"""Person folders: ``root/<person>/<photo>.jpg``, ``.jpeg``, ``.png``, ``.webp`` or ``.bmp``.

Nothing else belongs to the layout. Hidden files are passed over; loose files, deeper folders, other
extensions and symbolic links are told as notices. No link below the root is followed: it may lead out of the
folder that the owner named, or bring in one photo twice. The root itself may be a link.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from masquerade.data.image_set import ImageSet
from masquerade.data.intake import Mode, decode
from masquerade.data.printable import printable
from masquerade.errors import PhotoRejected, UsageError

EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp"})
"""Taken in whatever their case; what is in the file decides how it is read."""
_LAYOUT = "Put each person's photos into a folder of their own: ROOT/<person>/<photo>.jpg."


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo file of one person; names are as the file system has them, surrogates included."""

    path: Path
    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What a root holds: photos in order, and a sentence for whatever was passed over or looks wrong."""

    photos: tuple[Photo, ...]
    notices: tuple[str, ...]


def scan(root: Path, min_people: int = 2) -> list[Photo]:
    """All photos under ``root``, sorted by the bytes of person and file name; see ``survey``."""
    return list(survey(root, min_people).photos)


def survey(root: Path, min_people: int = 2) -> Survey:
    """Look through person folders without opening a photo.

    Args:
        root: The folder of person folders.
        min_people: Fewest people to go on with.

    Raises:
        UsageError: If ``root`` is no readable folder, or holds photos of fewer than ``min_people`` people.
    """
    notices: list[str] = []
    photos: list[Photo] = []
    for folder in _entries(Path(root)):
        if folder.is_symlink() or not folder.is_dir(follow_symlinks=False):
            notices.append(f"passed over, not a person folder: {printable(folder.name)}")
            continue
        found = list(_photos(folder, notices))
        if not found:
            notices.append(f"person without photos: {printable(folder.name)}")
        photos += found
    people = dict.fromkeys(photo.person for photo in photos)
    _check_people(len(people), min_people, root)
    return Survey(tuple(photos), (*notices, *_alike(people)))


def load(
    root: Path, height: int, width: int, mode: Mode, min_images: int = 1
) -> tuple[ImageSet, list[PhotoRejected]]:
    """Decode all photos of people with at least ``min_images`` photos that can be taken in.

    Args:
        root: The folder of person folders.
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB" or "L".
        min_images: People with fewer are left out.

    Returns:
        The images, sorted as ``scan`` sorts, labels numbering people in that order; and each photo that was
        turned away, once.

    Raises:
        UsageError: As ``survey``, or if nobody has enough photos.
    """
    found = scan(root)
    enough = _enough((photo.person for photo in found), min_images)
    photos = [photo for photo in found if photo.person in enough]
    images = torch.empty((len(photos), 3 if mode == "RGB" else 1, height, width), dtype=torch.uint8)
    people: list[str] = []
    rejected: list[PhotoRejected] = []
    for photo in photos:
        try:
            images[len(people)] = torch.from_numpy(decode(photo.path, height, width, mode))
        except PhotoRejected as error:
            rejected.append(error)
        else:
            people.append(photo.person)
    return labelled(images[: len(people)], people, min_images, root), rejected


def labelled(images: torch.Tensor, people: list[str], min_images: int, place: object) -> ImageSet:
    """An image set of those people who have at least ``min_images`` images.

    Args:
        images: uint8 ``(n, c, h, w)``.
        people: The person on each image; labels number them in order of appearance.
        min_images: People with fewer are left out.
        place: Where the images come from, for a message.

    Raises:
        UsageError: If nobody is left.
    """
    enough = _enough(people, min_images)
    if not enough:
        raise UsageError(
            f"nobody with at least {min_images} photos that can be taken in",
            place=printable(str(place)),
            remedy="Ask for fewer photos a person, or look at the rejected ones.",
        )
    number = {person: label for label, person in enumerate(enough)}
    rows = [row for row, person in enumerate(people) if person in enough]
    labels = torch.tensor([number[people[row]] for row in rows], dtype=torch.int64)
    kept = images if len(rows) == len(images) else images[torch.tensor(rows)]
    return ImageSet(kept, labels, tuple(enough))


def _enough(people: Iterable[str], min_images: int) -> dict[str, int]:
    return {person: count for person, count in Counter(people).items() if count >= min_images}


def _entries(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    """What a folder holds but for hidden files, sorted by the bytes of names: the same on every machine."""
    try:
        with os.scandir(folder) as entries:
            seen = [entry for entry in entries if not entry.name.startswith(".")]
    except OSError as error:
        raise UsageError(
            "no readable folder", value=error.strerror, place=printable(os.fspath(folder)), remedy=_LAYOUT
        ) from error
    return sorted(seen, key=lambda entry: os.fsencode(entry.name))


def _photos(folder: os.DirEntry[str], notices: list[str]) -> Iterator[Photo]:
    for entry in _entries(folder):
        place = printable(f"{folder.name}/{entry.name}")
        if entry.is_symlink():
            notices.append(f"passed over, links are not followed: {place}")
        elif entry.is_dir(follow_symlinks=False):
            notices.append(f"passed over, a folder within a person folder: {place}")
        elif os.path.splitext(entry.name)[1].lower() not in EXTENSIONS:  # noqa: PTH122 - Path() is slow here
            notices.append(f"passed over, not the extension of a photo: {place}")
        else:
            yield Photo(Path(entry.path), folder.name, entry.name)


def _check_people(people: int, min_people: int, root: Path) -> None:
    if people < min_people:
        raise UsageError(
            f"photos of {people} people, at least {min_people} are needed" if people else "no photos found",
            place=printable(root),
            remedy=_LAYOUT,
        )


def _alike(people: Iterable[str]) -> list[str]:
    """Names that differ in case or Unicode form alone, which one person in two folders often causes."""
    groups: dict[str, list[str]] = {}
    for person in people:
        groups.setdefault(unicodedata.normalize("NFC", person).casefold(), []).append(person)
    same = (names for names in groups.values() if len(names) > 1)
    return [f"perhaps one person in several folders: {', '.join(map(printable, names))}" for names in same]
