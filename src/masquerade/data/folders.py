"""Person folders: ``root/<person>/<photo>``.

Nothing else belongs to the layout: loose photos and deeper folders are told as notices. What is a photo, and
what becomes of hidden files and links, is as in ``photo_tree``. The root itself may be a link.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch

from masquerade.data.image_set import ImageSet
from masquerade.data.intake import Mode, Reader, decode
from masquerade.data.photo_tree import kind, told, visible, why_passed
from masquerade.data.printable import printable
from masquerade.errors import PhotoRejected, UsageError

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
    passed: dict[str, list[str]] = {}
    photos: list[Photo] = []
    loose = 0
    for entry in visible(root, _LAYOUT):
        match kind(entry):
            case "folder":
                found = list(_photos(entry, passed))
                if not found:
                    passed.setdefault("a person without photos", []).append(entry.name)
                photos += found
            case "photo":
                loose += 1
                passed.setdefault("a photo outside of any person folder", []).append(entry.name)
            case _:
                passed.setdefault(why_passed(entry), []).append(entry.name)
    people = tuple(dict.fromkeys(photo.person for photo in photos))
    _check_people(people, loose, min_people, root)
    return Survey(tuple(photos), (*told(passed), *_alike(people)))


class Loaded(NamedTuple):
    """Photos of people.

    Args:
        images: Sorted as ``scan`` sorts; labels number people in that order.
        rejected: Each photo that was turned away, once.
        notices: What was passed over.
    """

    images: ImageSet
    rejected: list[PhotoRejected]
    notices: tuple[str, ...]


def load(
    root: Path, height: int, width: int, mode: Mode, min_images: int = 1, read: Reader | None = None
) -> Loaded:
    """Decode all photos of people with at least ``min_images`` photos that can be taken in.

    Args:
        root: The folder of person folders.
        height: Rows wanted.
        width: Columns wanted.
        mode: "RGB" or "L".
        min_images: People with fewer are left out.
        read: How a photo is read; by itself cropped about its centre.

    Raises:
        UsageError: As ``survey``, or if nobody has enough photos.
    """
    found = survey(root)
    enough = _enough((photo.person for photo in found.photos), min_images)
    photos = [photo for photo in found.photos if photo.person in enough]
    images = torch.empty((len(photos), 3 if mode == "RGB" else 1, height, width), dtype=torch.uint8)
    people: list[str] = []
    rejected: list[PhotoRejected] = []
    for photo in photos:
        try:
            pixels = decode(photo.path, height, width, mode) if read is None else read(photo.path)
            images[len(people)] = torch.from_numpy(pixels)
        except PhotoRejected as error:
            rejected.append(error)
        else:
            people.append(photo.person)
    return Loaded(labelled(images[: len(people)], people, min_images, root), rejected, found.notices)


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


def _photos(folder: os.DirEntry[str], passed: dict[str, list[str]]) -> Iterator[Photo]:
    for entry in visible(folder):
        match kind(entry):
            case "photo":
                yield Photo(Path(entry.path), folder.name, entry.name)
            case "folder":
                passed.setdefault("a folder within a person folder", []).append(f"{folder.name}/{entry.name}")
            case _:
                passed.setdefault(why_passed(entry), []).append(f"{folder.name}/{entry.name}")


def _check_people(people: Sequence[str], loose: int, min_people: int, root: Path) -> None:
    if len(people) >= min_people:
        return
    held = [f"{loose} {'photo' if loose == 1 else 'photos'} outside of any"] if loose else []
    if len(people) == 1:
        held.insert(0, f"one person folder ({printable(people[0])})")
    else:
        held.insert(0, f"{len(people) or 'no'} person folders")
    fewest = {1: "one person is", 2: "two people are"}.get(min_people, f"{min_people} people are")
    raise UsageError(f"{' and '.join(held)}; at least {fewest} needed", place=printable(root), remedy=_LAYOUT)


def _alike(people: Iterable[str]) -> list[str]:
    """Names that differ in case or Unicode form alone, which one person in two folders often causes."""
    groups: dict[str, list[str]] = {}
    for person in people:
        groups.setdefault(unicodedata.normalize("NFC", person).casefold(), []).append(person)
    same = (names for names in groups.values() if len(names) > 1)
    return [f"perhaps one person in several folders: {', '.join(map(printable, names))}" for names in same]
