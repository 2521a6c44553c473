"""The photos of a job in a compact form, so that memory hardly grows with their number."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from masquerade.data.folders import survey
from masquerade.data.people_table import survey_by_table
from masquerade.errors import UsageError
from masquerade.files.standing import glance


@final
class PhotoList:
    """Photos in a fixed order, each with its person, size and time of change.

    A photo takes about 20 bytes and its file name, a tenth of what path objects take.

    Args:
        root: The folder of person folders.
        people: Names of people, sorted as ``folders.survey`` sorts them.
        notices: What the survey passed over.
        photos: Person, as an index into ``people``, and file name of each photo.
        by_folder: Whether names are those within person folders; else they are paths below ``root``.
    """

    def __init__(
        self,
        root: Path,
        people: tuple[str, ...],
        notices: tuple[str, ...],
        photos: Iterable[tuple[int, str]],
        *,
        by_folder: bool = True,
    ) -> None:
        self._by_folder = by_folder
        self.root = root
        self.people = people
        self.notices = notices
        persons, ends, names = [], [0], bytearray()
        for person, name in photos:
            persons.append(person)
            names += os.fsencode(name)
            ends.append(len(names))
        self.persons: NDArray[np.int32] = np.array(persons, np.int32)
        self._names = bytes(names)
        self._ends: NDArray[np.int64] = np.array(ends, np.int64)
        self._sizes: NDArray[np.int64] = np.array([_size(self.path(i)) for i in range(len(self))])

    def __len__(self) -> int:
        return len(self.persons)

    def relative(self, index: int) -> str:
        """Path of a photo below the folder."""
        name = os.fsdecode(self._names[self._ends[index] : self._ends[index + 1]])
        return f"{self.people[self.persons[index]]}/{name}" if self._by_folder else name

    def path(self, index: int) -> Path:
        """Where a photo lies."""
        return self.root / self.relative(index)

    def digest(self) -> str:
        """SHA-256 over names, sizes and people of all photos, hexadecimal; opens none of them."""
        seen = sha256()
        for index, size in enumerate(self._sizes.tolist()):
            person = [] if self._by_folder else [self.people[self.persons[index]]]
            seen.update(json.dumps([self.relative(index), size, *person]).encode())
        return seen.hexdigest()

    def glance(self, rows: Sequence[int]) -> str:
        """SHA-256 over what tells cheaply whether some photos were touched, hexadecimal, as they are now."""
        facts = [glance(self.path(row)) for row in rows]
        return sha256(json.dumps(facts).encode()).hexdigest()


def list_photos(root: Path, min_images: int = 1, table: Path | None = None) -> PhotoList:
    """List the photos in person folders, or those that a table has a person for.

    Args:
        root: The folder of person folders; with a table, of photos.
        min_images: People with fewer photos are left out.
        table: CSV of paths and people, see ``people_table``.

    Raises:
        UsageError: If there is no such folder, or nobody has enough photos.
    """
    found = survey(root) if table is None else survey_by_table(root, table)
    counts = Counter(photo.person for photo in found.photos)
    people = tuple(person for person, count in counts.items() if count >= min_images)
    if not people:
        raise UsageError(
            f"nobody has {min_images} photos", place=root, remedy="Add photos, or ask for fewer a person."
        )
    number = {person: index for index, person in enumerate(people)}
    kept = ((number[photo.person], photo.name) for photo in found.photos if photo.person in number)
    return PhotoList(Path(root), people, found.notices, kept, by_folder=table is None)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
