"""Whether data hold enough people and photos to measure anything: said before anything runs."""

from typing import Final

import torch

from masquerade.data.image_set import ImageSet
from masquerade.data.printable import printable
from masquerade.errors import StudyError

_NAMED: Final = 3
"""People that a message names."""


def require_two_people(train: ImageSet, test: ImageSet, place: str) -> None:
    """Check that there is somebody to be mistaken for, among those protected and among those tested.

    Raises:
        StudyError: If there are photos of fewer than two people, or classes.
    """
    fewest = min(len(torch.unique(part.labels)) for part in (train, test))
    if fewest < 2:
        raise StudyError(
            "fewer than two people: nobody can be told apart",
            value=fewest,
            place=place,
            remedy="Give photos of at least two people of the owner's, beside those whom the attacker knows.",
        )


def require_two_photos(images: ImageSet, place: str) -> None:
    """Check that everybody has a photo to protect and another one to be tested by.

    Raises:
        StudyError: If somebody has one photo alone; it says how many people, and names some.
    """
    counts = torch.bincount(images.labels, minlength=len(images.names))
    alone = [printable(images.names[k]) for k in (counts < 2).nonzero().flatten().tolist()]
    if alone:
        more = f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else ""
        raise StudyError(
            "people with one photo, where everybody needs one to protect and another to test",
            value=", ".join(alone[:_NAMED]) + more,
            place=place,
            remedy="Say `min_images = 2` in the study's data to leave them out, or give more photos of them.",
        )
