"""Takes a guess for the kind that a metric measures, or says that it is another."""

from typing import TypeVar

from torch import Tensor

from masquerade.errors import NotMeasurable
from masquerade.guesses import Guess

Kind = TypeVar("Kind")


def expect(guess: Guess, kind: type[Kind], metric: str) -> Kind:
    """``guess``, known to be a ``kind``.

    Raises:
        NotMeasurable: If it is another.
    """
    if not isinstance(guess, kind):
        raise NotMeasurable(
            f"{metric} measures a guess of another kind",
            value=f"{type(guess).__name__}, expected {kind.__name__}",
            remedy="Choose a metric that fits the attack in the study file.",
        )
    return guess


def known(part: Tensor | None, name: str, metric: str) -> Tensor:
    """A part of the truth that a metric needs.

    Raises:
        NotMeasurable: If the audit did not provide it.
    """
    if part is None:
        raise NotMeasurable(
            f"{metric} needs a part of the truth that was not given",
            value=name,
            place="the truth",
            remedy="Show the attack candidates or probes, so that the audit knows the right answer.",
        )
    return part
