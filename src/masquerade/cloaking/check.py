"""Did it work on these photos? What recognisers here make of cloaked photos beside clean ones of the same people.

Nobody says who is on a folder's photos, so pairs of photos are told by the recognisers themselves: two clean faces that
one takes for the same person, once more with the first of them cloaked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter
from torch import Tensor

from masquerade.data.intake import read
from masquerade.data.photo_tree import PhotoTree, photo_tree
from masquerade.data.picture import open_picture
from masquerade.encoders.recogniser import Recogniser, open_recogniser
from masquerade.errors import MasqueradeError, StudyError
from masquerade.faces.alignment import TEMPLATE, Placement, placement, settled
from masquerade.faces.finder import Face
from masquerade.faces.sampling import seen
from masquerade.progress import Progress

Pixels = NDArray[np.uint8]

THRESHOLDS: Final = Path(__file__).with_name("thresholds.json")
"""Cosines at which each recogniser takes a stranger for the person once in 1,000, on LFW; ``studies/verdicts.py``
writes them."""


@final
@dataclass(frozen=True)
class Sighting:
    """What one recogniser makes of a folder.

    Args:
        recogniser: Its name.
        made_against: Whether the cloak was made against it.
        pairs: Pairs of faces on different photos that it takes for one person, both clean.
        still: How many of them it still takes for one person when the first is cloaked.
    """

    recogniser: str
    made_against: bool
    pairs: int
    still: int

    def __str__(self) -> str:
        role = "the cloak was made against it" if self.made_against else "the cloak was not made against it"
        if not self.pairs:
            return f"{self.recogniser} takes no two photos for one person, so it says nothing ({role})."
        return (
            f"{self.recogniser}: of {self.pairs} pairs of photos that it takes for one person, it still does so for "
            f"{self.still} when the first is cloaked ({role})."
        )


def recognisers_here(made_against: Sequence[str]) -> list[tuple[Recogniser, float, bool]]:
    """Those of the registry that are good ones and can be opened here, as ``check_folder`` takes them.

    Args:
        made_against: Names of those that the cloak was made against.
    """
    found = []
    for name, least in TypeAdapter(dict[str, float]).validate_json(THRESHOLDS.read_text("utf-8")).items():
        try:
            found.append((open_recogniser(name), least, name in made_against))
        except StudyError:
            continue  # its package is not here; nobody needs it for this
    return found


def check_folder(
    photos: Path,
    cloaked: Path,
    finder: Callable[[Pixels], Sequence[Face]],
    recognisers: Sequence[tuple[Recogniser, float, bool]],
    progress: Progress | None = None,
) -> list[Sighting]:
    """Compare the faces of a folder with those of its cloaked copy.

    Args:
        photos: The folder, or a photo.
        cloaked: What ``cloak_folder`` wrote for it.
        finder: Finds faces on a photo.
        recognisers: Each with the least cosine at which it takes two photos for one person, and whether the cloak was
            made against it.
        progress: Told after every photo.
    """
    tree = photo_tree(photos)
    before, after, photo_of = [], [], []
    for done, (number, clean, worn) in enumerate(_faces(tree, cloaked, finder), 1):
        before += clean
        after += worn
        photo_of += [number] * len(clean)
        if progress is not None:
            progress(done, len(tree.names))
    return [_sighting(before, after, torch.tensor(photo_of), *each) for each in recognisers]


def _faces(
    tree: PhotoTree, cloaked: Path, finder: Callable[[Pixels], Sequence[Face]]
) -> Iterator[tuple[int, list[Pixels], list[Pixels]]]:
    """Of each photo the squares of its faces, clean and cloaked; none of a photo that is in one folder alone."""
    for number, name in enumerate(tree.names):
        try:
            clean, worn = (_upright(path / name) for path in (tree.root, cloaked))
        except (MasqueradeError, OSError):
            yield number, [], []
            continue
        squares = [settled(placement(face)) for face in finder(clean)] if clean.shape == worn.shape else []
        yield number, _cut(clean, squares), _cut(worn, squares)


def _upright(path: Path) -> Pixels:
    picture = open_picture(read(path)[0], path)
    return np.ascontiguousarray(picture.upright(picture.pixels))


def _cut(photo: Pixels, squares: list[Placement]) -> list[Pixels]:
    return [seen(photo, square, TEMPLATE) for square in squares]


def _sighting(
    before: list[Pixels],
    after: list[Pixels],
    photo_of: Tensor,
    recogniser: Recogniser,
    least: float,
    own: bool,
) -> Sighting:
    if not before:
        return Sighting(recogniser.name, own, 0, 0)
    clean, worn = (_vectors(recogniser, each) for each in (before, after))
    pairs = (clean @ clean.T >= least) & (photo_of[:, None] != photo_of)
    still = pairs & (worn @ clean.T >= least)
    return Sighting(recogniser.name, own, int(pairs.sum()), int(still.sum()))


@torch.no_grad()
def _vectors(recogniser: Recogniser, faces: list[Pixels]) -> Tensor:
    squares = torch.from_numpy(np.stack([np.broadcast_to(face, (TEMPLATE, TEMPLATE, 3)) for face in faces]))
    return recogniser.embed(squares.permute(0, 3, 1, 2))
