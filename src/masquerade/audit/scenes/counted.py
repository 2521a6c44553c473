"""How much an attacker had: photos and pairs counted in the view, and photos that were sent to be answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, final

from torch import Tensor

from masquerade.attacks.base import Labelled, Others, Pairs, Sight, View


@final
class CountedAnswers:
    """Something that answers images, which counts them.

    Args:
        answer: What answers: images ``(n, c, h, w)`` in.

    Attributes:
        photos: How many images were sent so far.
    """

    def __init__(self, answer: Callable[[Tensor], Tensor]) -> None:
        self._answer = answer
        self.photos = 0

    def __call__(self, images: Tensor) -> Tensor:
        """What it answers to images."""
        self.photos += len(images)
        return self._answer(images)


def counting(view: View) -> View:
    """The same view, whose answers are counted from now on."""
    query, model = (None if answer is None else CountedAnswers(answer) for answer in (view.query, view.model))
    return replace(view, query=query, model=model)


def had(view: View) -> dict[str, int]:
    """Images, pairs and answered images by the name of a sight, as far as an attack went."""
    seen = {str(sight): _count(getattr(view, sight)) for sight in Sight if sight is not Sight.LABELS}
    return {name: count for name, count in seen.items() if count}


def _count(part: object) -> int:
    match part:
        case CountedAnswers():
            return part.photos
        case Labelled():
            return len(part.images)
        case Pairs():
            return len(part.originals)
        case Others():
            return len(part.protected)
        case Tensor():
            return len(part)
        case _:
            return 0


def most_had(pieces: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The most that any repetition had, by sight; nothing of pieces from before they were counted."""
    most: dict[str, int] = {}
    for piece in pieces:
        for sight, count in piece.get("had", {}).items():
            most[sight] = max(count, most.get(sight, 0))
    return most
