"""Take people into a gallery, a block at a time; a job that was stopped goes on with the people who are missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import final

import numpy as np
from numpy.typing import NDArray

from masquerade.data.printable import printable
from masquerade.errors import PeopleAlike, PhotoRejected, UsageError
from masquerade.faces.reading import several_notices
from masquerade.keys import Key
from masquerade.owner.photo_list import PhotoList, list_photos
from masquerade.owner.records import Records
from masquerade.owner.sealed.calibrating import alike, products, read_strangers, told, unenrolled
from masquerade.owner.sealed.publishing import changing
from masquerade.owner.sealed.state import State
from masquerade.owner.sealed.templates import Template, digest_of, templates
from masquerade.progress import Progress
from masquerade.sealed.faces import FaceVectors
from masquerade.sealed.vectors import scale_of
from masquerade.training.open_set import UNKNOWN


@final
@dataclass(frozen=True)
class Enrolled:
    """What a job did.

    Args:
        people: People taken in by it.
        before: People of the folder who were in the gallery with the same photos.
        all: People in the gallery now.
        blocks: Blocks in the gallery now.
        unknown: How naming was set, as a sentence.
        without: People of whom no photo could be taken in.
        turned_away: Photos that were not taken in.
        notices: What was passed over, and photos with several faces.
    """

    people: int
    before: int
    all: int
    blocks: int
    unknown: str
    without: tuple[str, ...]
    turned_away: tuple[PhotoRejected, ...]
    notices: tuple[str, ...]


def enrol_folder(
    folder: Path,
    key: Key,
    records: Records,
    photos: Path,
    *,
    people: Path | None = None,
    strangers: Path | None = None,
    fpir: float | None = None,
    accept_alike: bool = False,
    progress: Progress | None = None,
) -> Enrolled:
    """Take the people of person folders into a gallery.

    Args:
        folder: The gallery.
        key: The owner's key.
        records: The owner's records.
        photos: Folder of person folders.
        people: A table of who is on each photo, instead of person folders.
        strangers: Photos of people who are not in the gallery, to set the threshold by; the built-in faces without it.
        fpir: Share of strangers' photos that may be named from now on; as before without it.
        accept_alike: Take people in whom the recogniser does not tell apart.
        progress: Told after every block.

    Raises:
        UsageError: If the photos cannot be used, or somebody is in the gallery already with other photos.
        PeopleAlike: If two people are taken for one; those before them are in.
        SealedError: If the public part is damaged.
        JobBusy: If another process changes the gallery.
        WriteFailed: If the disk refuses; the job can be resumed.
    """
    found = list_photos(photos, 1, people)
    _require_fit_for_names(found.people)
    with changing(folder, key, records) as gallery:
        state = State(gallery)
        todo = _missing(found, state)
        faces = FaceVectors.of(gallery.public, gallery.record.public)
        if not state.strangers.names or strangers is not None:
            state.strangers = read_strangers(faces, strangers)
        state.fpir = fpir or state.fpir
        turned_away: list[PhotoRejected] = []
        crowds: list[str] = []
        coming = templates(faces, found, todo, turned_away, crowds)
        entered = enter(state, coming, len(todo), accept_alike=accept_alike, progress=progress)
        if not state.blocks:
            raise UsageError(
                "none of the photos can be taken in", place=photos, remedy="Check what is in the folder."
            )
        if not entered:
            state.settle()
    record = state.gallery.record
    known = record.people
    return Enrolled(
        people=entered,
        before=len(found.people) - len(todo),
        all=len(known),
        blocks=len(record.blocks),
        unknown=told(record.unknown, record.public.size) if record.unknown else "",
        without=tuple(found.people[each] for each in todo if printable(found.people[each]) not in known),
        turned_away=tuple(turned_away),
        notices=(*found.notices, *several_notices(crowds)),
    )


def enter(
    state: State,
    coming: Iterator[Template],
    total: int,
    *,
    accept_alike: bool = False,
    progress: Progress | None = None,
) -> int:
    """Seal people as they come, first where there is room, then into new blocks.

    Args:
        state: The gallery.
        coming: Who comes.
        total: How many may come.
        accept_alike: Take people in whom the recogniser does not tell apart.
        progress: Told after every block.

    Returns:
        How many came.

    Raises:
        PeopleAlike: If two people are taken for one; those before their block are in.
    """
    entered, expected = 0, len(state.people) + total
    while True:
        number, free = state.next_room(expected)
        some = list(islice(coming, free))
        if not some:
            return entered
        new = np.stack([template.vector for template in some])
        everybody = np.concatenate([state.vectors, new]).astype(np.float32)
        before = len(everybody) - len(new)
        if not accept_alike:
            _require_told_apart(state, some, everybody)
        people = [template.person(everybody, before + row) for row, template in enumerate(some)]
        state.enter(number, people, new, expected)
        entered += len(some)
        if progress is not None:
            progress(entered, total)


def _require_fit_for_names(people: Sequence[str]) -> None:
    names = [printable(person) for person in people]
    if UNKNOWN in names:
        raise UsageError(
            "a person has the name that stands for strangers",
            value=UNKNOWN,
            remedy="Give the person another name.",
        )
    twice = (
        next((name for name in names if names.count(name) > 1), None)
        if len(set(names)) < len(names)
        else None
    )
    if twice is not None:
        raise UsageError(
            "two people have one name when it is printed", value=twice, remedy="Rename one of the folders."
        )


def _missing(photos: PhotoList, state: State) -> list[int]:
    """The people who are not in the gallery; those who are must be so with the same photos.

    Raises:
        UsageError: If somebody is in with others.
    """
    known = state.gallery.record.people
    rows: dict[int, list[int]] = {}
    for row, person in enumerate(photos.persons.tolist()):
        rows.setdefault(person, []).append(row)
    todo = []
    for number, name in enumerate(photos.people):
        there = known.get(printable(name))
        if there is None:
            todo.append(number)
        elif digest_of(photos, rows[number]) != there.photos:
            raise UsageError(
                "somebody is in the gallery already, with other photos",
                value=printable(name),
                place=photos.root,
                remedy="Take the person out first: `masquerade sealed remove`.",
            )
    return todo


def _require_told_apart(state: State, some: Sequence[Template], everybody: NDArray[np.float32]) -> None:
    """Pass if nobody who comes is too much like somebody else who comes or is in.

    Raises:
        PeopleAlike: With the two.
    """
    before = [person.name for person in state.people]
    names = [*before, *(printable(template.name) for template in some)]
    size = state.gallery.record.public.size
    most = alike(size, *unenrolled(state.strangers, set(names)))
    for row, template in enumerate(some, len(before)):
        scores = products(template.vector[None], everybody)[0]
        scores[row] = 0
        if scores.max() > most:
            cosine = float(scores.max()) / scale_of(size) ** 2
            raise PeopleAlike(
                "the recogniser does not tell two people apart",
                value=f"{names[row]} and {names[int(scores.argmax())]}, cosine {cosine:.2f}",
                remedy="If they are one person, put the photos into one folder. If not, pass --accept-alike: then "
                "whoever of the two is more alike is named.",
            )
