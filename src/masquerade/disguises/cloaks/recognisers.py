"""What a cloak looks through: public recognisers whose vectors gradients flow from."""

from collections.abc import Sequence

import torch
from torch import Tensor

from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import UsageError


def require_recognisers(recognisers: object, place: str) -> None:
    """Pass if these are one or more recognisers that gradients flow through, in a tuple.

    Raises:
        UsageError: If they are not.
    """
    if not isinstance(recognisers, tuple) or not recognisers:
        wrong: object = recognisers
    else:
        wrong = next((each for each in recognisers if not _is_usable(each)), None)
    if wrong is not None:
        raise UsageError(
            "not recognisers that gradients flow through",
            value=repr(wrong),
            place=place,
            remedy='Give a tuple, such as (open_recogniser("sface"),).',
        )


def vectors(recognisers: Sequence[Recogniser], photos: Tensor) -> list[Tensor]:
    """Unit vectors ``(n, e)`` of photos ``(n, 3, h, w)`` by each recogniser, without gradients."""
    with torch.no_grad():
        return [recogniser.embed(photos) for recogniser in recognisers]


def apart(recognisers: Sequence[Recogniser], photos: Tensor, known: Sequence[Tensor]) -> Tensor:
    """Squared distances ``(n,)`` of photos to known vectors, added over recognisers; differentiable."""
    pairs = zip(recognisers, known, strict=True)
    squares = [(recogniser.embed(photos) - vector).square().sum(1) for recogniser, vector in pairs]
    return torch.stack(squares).sum(0)


def _is_usable(recogniser: object) -> bool:
    return isinstance(recogniser, Recogniser) and recogniser.differentiable
