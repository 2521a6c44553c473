"""The paper's way: a heavy ball to the latents, and the Neumann series (algorithms 1 and 2)."""

from typing import ClassVar, final

import torch
from torch import Tensor, nn

from masquerade.crafting.curvature import Curvature
from masquerade.crafting.exact import implicit_gradient
from masquerade.crafting.inversion import InversionOptions, Inverted, invert
from masquerade.crafting.neumann import NeumannOptions, Series, approximate_inverse
from masquerade.crafting.reconstruction import LatentDecoder, parts
from masquerade.crafting.solver import LatentSolver, SolverDiagnostics, Start


@final
class NeumannSolver(LatentSolver):
    """Algorithm 1's lines 3, 11 and 12 as published.

    Args:
        rebuild: Generator and encoder.
        start: An amortiser, asked in every iteration; or latents, from which the first iteration begins, and the
            next from where the last ended.
        inversion: How latents are searched.
        series: The series' parameters.
        critic: The pre-trained critic, for an inversion with a prior; the published code has one, though its latents
            then are not stationary, and the reading says how far from it.
    """

    name: ClassVar[str] = "neumann"

    def __init__(
        self,
        rebuild: LatentDecoder,
        start: Start,
        inversion: InversionOptions | None = None,
        series: NeumannOptions | None = None,
        critic: nn.Module | None = None,
    ) -> None:
        self._critic = critic
        self._rebuild = rebuild
        self._start = start
        self._inversion = inversion or InversionOptions()
        self._options = series or NeumannOptions()
        self._found: Inverted | None = None
        self._series: list[Series] = []

    def latents(self, features: Tensor) -> Tensor:
        """Latents by the heavy ball."""
        if isinstance(self._start, Tensor):
            start = self._start if self._found is None else self._found.latents
        else:
            with torch.no_grad():
                start = self._start(features)
        self._found = invert(self._rebuild, features, start, self._inversion, self._critic)
        return self._found.latents

    def gradient(self, features: Tensor, latents: Tensor, slopes: Tensor) -> Tensor:
        """The gradient by the series, a few photos at a time."""
        self._series = []
        gradients = []
        for some in parts(len(features)):
            curvature = Curvature(self._rebuild, features[some], latents[some], self._inversion.scale)
            series = approximate_inverse(curvature, slopes[some], self._options)
            gradients.append(implicit_gradient(curvature, series.product))
            self._series.append(series)
        return torch.cat(gradients)

    def reading(self) -> SolverDiagnostics:
        """How the last iteration went."""
        found, series = self._found, self._series
        assert found is not None  # noqa: S101  (asked after an iteration)
        return SolverDiagnostics(
            inversion=float(found.losses.mean()),
            stationarity=float(found.slopes.max()),
            contraction=max(float(one.contraction.max()) for one in series),
            steps=found.steps,
            products=sum(one.products * len(one.left) for one in series) / len(found.losses),
            negative=0,
        )
