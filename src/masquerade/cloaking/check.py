"""Did it work on these photos? What recognisers here make of cloaked photos beside clean ones of the same people.

Nobody says who is on a folder's photos, so pairs of photos are told by the recognisers themselves: two clean faces that
one takes for the same person, once more with the first of them cloaked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import torch
from pydantic import TypeAdapter
from torch import Tensor

from masquerade.cloaking.squares import Finder, cut, squares_of, upright_photo
from masquerade.data.photo_tree import PhotoTree, photo_tree
from masquerade.encoders.recogniser import Recogniser, open_recogniser
from masquerade.errors import MasqueradeError, StudyError
from masquerade.faces.alignment import TEMPLATE
from masquerade.progress import Progress

THRESHOLDS: Final = Path(__file__).with_name("thresholds.json")
"""Cosines at which each recogniser takes a stranger for the person once in 1,000, on LFW; ``studies/verdicts.py``
writes them."""
_NONE: Final = torch.zeros(0, 3, TEMPLATE, TEMPLATE, dtype=torch.uint8)


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
    finder: Finder,
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
    faces = []
    for done, pair in enumerate(_faces(tree, cloaked, finder), 1):
        faces.append(pair)
        if progress is not None:
            progress(done, len(tree.names))
    clean, worn = (torch.cat(each) for each in zip(*faces, strict=True))
    photo_of = torch.repeat_interleave(torch.tensor([len(each) for each, _ in faces]))
    return [_sighting(clean, worn, photo_of, *each) for each in recognisers]


def _faces(tree: PhotoTree, cloaked: Path, finder: Finder) -> Iterator[tuple[Tensor, Tensor]]:
    """Of each photo its faces, clean and cloaked; none of a photo that is in one folder alone."""
    for name in tree.names:
        try:
            clean, worn = (upright_photo(path / name) for path in (tree.root, cloaked))
        except (MasqueradeError, OSError):
            yield _NONE, _NONE
            continue
        squares = squares_of(clean, finder) if clean.shape == worn.shape else []
        yield cut(clean, squares), cut(worn, squares)


@torch.no_grad()
def _sighting(
    clean: Tensor, worn: Tensor, photo_of: Tensor, recogniser: Recogniser, least: float, own: bool
) -> Sighting:
    before, after = recogniser.embed(clean), recogniser.embed(worn)
    pairs = (before @ before.T >= least) & (photo_of[:, None] != photo_of)
    still = pairs & (after @ before.T >= least)
    return Sighting(recogniser.name, own, int(pairs.sum()), int(still.sum()))
