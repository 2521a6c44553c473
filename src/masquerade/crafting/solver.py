"""The contract of every way to differentiate through the attacker's inversion."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import ClassVar, final

from torch import Tensor

Start = Tensor | Callable[[Tensor], Tensor]
"""Latents ``(n, d)`` to begin with, or an amortiser that gives them for features."""


@final
@dataclass(frozen=True)
class SolverDiagnostics:
    """How well one iteration's differentiation went.

    Args:
        inversion: Mean of ``L_inv`` at the latents.
        stationarity: Largest length of ``dL_inv/dz``; the implicit function theorem asks for zero.
        contraction: Largest factor by which a term of the series was shorter than the last, or what of the right
            side a solver left unsolved; below 1 is well.
        steps: Passes of the inversion, a photo.
        products: Hessian products, a photo.
        negative: Photos whose Hessian was not positive.
    """

    inversion: float
    stationarity: float
    contraction: float
    steps: float
    products: float
    negative: int


class LatentSolver(ABC):
    """Finds the attacker's latents of features, and the gradient of a loss of them to the features.

    It carries state from one iteration of a batch to the next: make one for each batch. Subclasses are final,
    declare ``name``, and write ``latents``, ``gradient`` and ``reading``.
    """

    name: ClassVar[str]

    @abstractmethod
    def latents(self, features: Tensor) -> Tensor:
        """The latents ``z*``, ``(n, d)``, that the attacker finds for features ``(n, *shape)``.

        Raises:
            CraftingError: If the search leaves the finite numbers.
        """

    @abstractmethod
    def gradient(self, features: Tensor, latents: Tensor, slopes: Tensor) -> Tensor:
        """``dL_p/dF``, ``(n, *shape)``, of a loss with the slope ``dL_p/dz*`` ``(n, d)``.

        Args:
            features: As ``latents`` was just asked for.
            latents: What it gave.
            slopes: ``(n, d)``.

        Raises:
            SeriesDiverged: If it sums a series, and that diverges.
        """

    @abstractmethod
    def reading(self) -> SolverDiagnostics:
        """How the last iteration went."""


@final
class Clock:
    """Seconds by what they were spent on: table VII's split."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def spending(self, on: str) -> Iterator[None]:
        """Add the time of what happens inside."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[on] = self.seconds.get(on, 0.0) + perf_counter() - start
