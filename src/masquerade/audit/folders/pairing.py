"""Which protected picture was made of which photo: by path, by content, or by position."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Literal, final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from masquerade.data.intake import decode
from masquerade.data.people_table import survey_by_table
from masquerade.data.photo_tree import photo_tree
from masquerade.data.printable import printable
from masquerade.errors import PhotoRejected, UsageError

By = Literal["path", "content", "position"]
WAYS: Final[tuple[By, ...]] = ("path", "content", "position")
_SIDE: Final = 24
_ALIKE: Final = 0.5
"""Correlation of small pictures below which a picture is of no photo."""
_MOST_BY_CONTENT: Final = 4000
"""Photos beyond which content is not compared: every picture is laid beside every photo."""


@final
@dataclass(frozen=True)
class PhotoPair:
    """A photo, what was made of it, and who is on it.

    Args:
        name: The photo's path below its folder.
        photo: Where it lies.
        protected: Where the picture lies that was made of it.
        person: Who is on it; None where nobody says.
    """

    name: str
    photo: Path
    protected: Path
    person: str | None


@final
@dataclass(frozen=True)
class Paired:
    """Pairs in the order of photos, and what belongs to none.

    Args:
        pairs: The pairs.
        by: How they were found.
        misfits: A line for each file that has no partner, or several: its path, once.
        notices: What was passed over.
    """

    pairs: tuple[PhotoPair, ...]
    by: By
    misfits: tuple[str, ...]
    notices: tuple[str, ...]


def paired(photos: Path, protected: Path, people: Path | None, by: By | None) -> Paired:
    """PhotoPair two folders.

    Args:
        photos: Photos, in a folder for each person, or with ``people``, or loose.
        protected: What was made of them.
        people: A CSV of path and person.
        by: How; None takes paths where any fits, and content where none does.

    Raises:
        UsageError: If a folder holds no photos, or nothing fits together.
    """
    left, notices = named_photos(photos, people)
    tree = photo_tree(protected)
    right = list(tree.names)
    names = [name for name, _ in left]
    found: list[tuple[int, int]] = []
    how = by or "path"
    if how == "path":
        found = _by_path(names, right)
        if not found and by is None:
            how = "content"
    if how == "content":
        found = _by_content([photos / name for name in names], tree.paths())
    elif how == "position":
        found = [(row, row) for row in range(min(len(names), len(right)))]
    if not found:
        raise UsageError(
            "no picture belongs to any photo",
            value=f"{len(names)} photos, {len(right)} pictures, paired by {how}",
            place=printable(protected),
            remedy="Give both folders the same names, or say --pair content or --pair position.",
        )
    pairs = [
        PhotoPair(names[i], photos / names[i], tree.root / right[j], left[i][1]) for i, j in sorted(found)
    ]
    lone = {i for i, _ in found}, {j for _, j in found}
    misfits = [
        f"{printable(name)}: no picture was made of it" for i, name in enumerate(names) if i not in lone[0]
    ]
    misfits += [f"{printable(name)}: made of no photo" for j, name in enumerate(right) if j not in lone[1]]
    return Paired(tuple(pairs), how, tuple(misfits), (*notices, *tree.notices))


def named_photos(photos: Path, people: Path | None) -> tuple[list[tuple[str, str | None]], tuple[str, ...]]:
    """Photos by their paths below the folder, and who is on each; None where nobody says.

    Raises:
        UsageError: If there are none.
    """
    if people is not None:
        survey = survey_by_table(photos, people, 1)
        return [(photo.name, photo.person) for photo in survey.photos], survey.notices
    tree = photo_tree(photos)
    folders = {Path(name).parts[0] for name in tree.names if len(Path(name).parts) > 1}
    if len(folders) < 2:
        return [(name, None) for name in tree.names], tree.notices
    kept, loose = [], []
    for name in tree.names:
        parts = Path(name).parts
        if len(parts) > 1:
            kept.append((name, parts[0]))
        else:
            loose.append(printable(name))
    more = (f"outside of any person folder: {', '.join(loose[:3])} ({len(loose)} in all)",) if loose else ()
    return [(name, person) for name, person in kept], (*tree.notices, *more)


def _by_path(photos: Sequence[str], pictures: Sequence[str]) -> list[tuple[int, int]]:
    """Same path; else same path but for the extension; else but for an ending that all pictures have."""
    for key in (_whole, _stem):
        if found := _same([key(name) for name in photos], [key(name) for name in pictures]):
            return found
    ending = _common_ending([_stem(name) for name in pictures])
    if len(ending) < 2:
        return []
    return _same([_stem(name) for name in photos], [_stem(name).removesuffix(ending) for name in pictures])


def _same(photos: Sequence[str], pictures: Sequence[str]) -> list[tuple[int, int]]:
    """Rows of equal names; names that occur twice on a side belong to nothing."""
    counts = Counter(photos), Counter(pictures)
    places = {name: row for row, name in enumerate(pictures)}
    return [
        (row, places[name])
        for row, name in enumerate(photos)
        if counts[0][name] == 1 and counts[1].get(name) == 1
    ]


def _whole(name: str) -> str:
    return unicodedata.normalize("NFC", PurePosixPath(Path(name)).as_posix())


def _stem(name: str) -> str:
    return PurePosixPath(_whole(name)).with_suffix("").as_posix()


def _common_ending(names: Iterable[str]) -> str:
    turned = [name[::-1] for name in names]
    if len(turned) < 2:
        return ""
    shortest, longest = min(turned), max(turned)
    same = next((i for i, (a, b) in enumerate(zip(shortest, longest, strict=False)) if a != b), len(shortest))
    return shortest[:same][::-1].partition("/")[0] if "/" not in shortest[:same] else ""


def _by_content(photos: Sequence[Path], pictures: Sequence[Path]) -> list[tuple[int, int]]:
    """Pictures that look most alike when they are small, one to one."""
    if max(len(photos), len(pictures)) > _MOST_BY_CONTENT:
        raise UsageError(
            "too many photos to be compared by content",
            value=max(len(photos), len(pictures)),
            remedy=f"Give both folders the same names, or at most {_MOST_BY_CONTENT} photos.",
        )
    one, other = _small(photos), _small(pictures)
    alike = one @ other.T
    rows, columns = linear_sum_assignment(-alike)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if alike[i, j] > _ALIKE]


def _small(files: Sequence[Path]) -> NDArray[np.float64]:
    """Standardised small pictures, ``(n, f)``; zeros where one cannot be read."""
    seen = np.zeros((len(files), 3 * _SIDE * _SIDE))
    for row, file in enumerate(files):
        try:
            flat = decode(file, _SIDE, _SIDE, "RGB").astype(np.float64).reshape(-1)
        except PhotoRejected:
            continue
        flat -= flat.mean()
        seen[row] = flat / max(1e-9, float(np.linalg.norm(flat)))
    return seen
