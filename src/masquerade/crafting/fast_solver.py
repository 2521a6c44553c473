"""The fast way to the same gradient: a matrix of each photo that is kept, and few Hessian products."""

from typing import ClassVar, Literal, final

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from masquerade.crafting.conjugate_gradients import LinearSolution, solve
from masquerade.crafting.curvature import Curvature
from masquerade.crafting.exact import implicit_gradient
from masquerade.crafting.gauss_newton import descend
from masquerade.crafting.inversion import InversionOptions, Inverted, invert
from masquerade.crafting.lanczos import summed
from masquerade.crafting.metric import Metric
from masquerade.crafting.neumann import NeumannOptions
from masquerade.crafting.objective import PHOTO_SCALE
from masquerade.crafting.reconstruction import LatentDecoder, parts
from masquerade.crafting.solver import LatentSolver, SolverDiagnostics, Start


@final
class FastOptions(BaseModel):
    """How exactly, and what is approximated.

    Args:
        target: The ``inverse`` Hessian product that the series tends to, or the sum of the paper's ``series``
            as far as the paper sums it.
        curvature: The ``hessian``, or its ``gauss_newton`` part, which is never negative and the same where
            features are the generator's own.
        tolerance: Relative error of the inverse Hessian product.
        products: Most Hessian products in an iteration.
        stationarity: How much of the rest may still be explained by the latents, under the root.
        warm_steps: Steps of the published heavy ball before the first iteration: far from a minimum it gets past the
            kinks of ReLUs that stop Gauss-Newton steps. 0 for none.
        steps: Most steps of the inversion in an iteration, and between two renewals of the matrix.
        renewals: Most renewals of the matrix in the first iteration, for the photos that need it.
        renew_every: Iterations after which the matrix is renewed once for the photos that lag.
        damping: Share of the matrix's mean diagonal that is added to it; changes the way, not the result.
        scale: Factor of ``L_inv``.
        series: Step and terms of the series, if that is the target.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    target: Literal["inverse", "series"] = "inverse"
    curvature: Literal["hessian", "gauss_newton"] = "hessian"
    tolerance: float = Field(1e-3, gt=0, lt=1)
    products: int = Field(60, ge=2, le=100_000)
    stationarity: float = Field(1e-2, gt=0, lt=1)
    warm_steps: int = Field(80, ge=0, le=100_000)
    steps: int = Field(3, ge=2, le=1000)
    renewals: int = Field(2, ge=0, le=100)
    renew_every: int = Field(25, ge=1, le=1_000_000)
    damping: float = Field(1e-3, ge=0, le=10)
    scale: float = Field(PHOTO_SCALE, gt=0)
    series: NeumannOptions = NeumannOptions()


@final
class FastSolver(LatentSolver):
    """Gauss-Newton steps to the latents, and conjugate gradients with exact Hessian products.

    The Gauss-Newton matrix of each photo is written down once and kept as long as steps with it converge; latents
    and solutions of the last iteration are where the next begins. A photo whose Hessian turns out not to be
    positive gets the Gauss-Newton part alone.

    Args:
        rebuild: Generator and encoder.
        start: An amortiser, asked once, or latents.
        options: How exactly.
    """

    name: ClassVar[str] = "fast"

    def __init__(self, rebuild: LatentDecoder, start: Start, options: FastOptions | None = None) -> None:
        self._rebuild = rebuild
        self._start = start
        self._options = options or FastOptions()
        self._iteration = -1
        self._metric: Metric | None = None
        self._latents: Tensor | None = None
        self._last: Tensor | None = None
        self._inverted: list[Inverted] = []
        self._solved: list[tuple[float, int, int]] = []

    def latents(self, features: Tensor) -> Tensor:
        """Latents from where the last iteration left them; the metric is renewed for photos that lag."""
        if self._latents is None:
            self._latents = self._first(features)
        if self._metric is None:
            self._metric = self._metric_at(self._latents)
        self._iteration += 1
        self._inverted = [self._invert(features, some, self._metric) for some in parts(len(features))]
        self._latents = torch.cat([one.latents for one in self._inverted])
        return self._latents

    def gradient(self, features: Tensor, latents: Tensor, slopes: Tensor) -> Tensor:
        """The gradient, a few photos at a time."""
        if self._metric is None:
            self._metric = self._metric_at(latents)
        last = self._last if self._last is not None else torch.zeros_like(slopes)
        self._solved, products, gradients = [], [], []
        for some in parts(len(features)):
            curvature = Curvature(self._rebuild, features[some], latents[some], self._options.scale)
            products.append(self._product(curvature, slopes[some], last[some], self._metric, some))
            gradients.append(implicit_gradient(curvature, products[-1]))
        self._last = torch.cat(products)
        return torch.cat(gradients)

    def reading(self) -> SolverDiagnostics:
        """How the last iteration went."""
        rows = [len(one.losses) for one in self._inverted]
        count = sum(rows)
        return SolverDiagnostics(
            inversion=sum(float(one.losses.sum()) for one in self._inverted) / count,
            stationarity=max(float(one.slopes.max()) for one in self._inverted),
            contraction=max(left for left, _, _ in self._solved),
            steps=sum(one.steps * n for one, n in zip(self._inverted, rows, strict=True)) / count,
            products=sum(taken * n for (_, taken, _), n in zip(self._solved, rows, strict=True)) / count,
            negative=sum(negative for _, _, negative in self._solved),
        )

    def _first(self, features: Tensor) -> Tensor:
        with torch.no_grad():
            start = self._start if isinstance(self._start, Tensor) else self._start(features)
        if not self._options.warm_steps:
            return start.clone()
        options = InversionOptions(steps=self._options.warm_steps, scale=self._options.scale)
        return invert(self._rebuild, features, start, options).latents

    def _metric_at(self, latents: Tensor) -> Metric:
        return Metric.at(self._rebuild, latents, self._options.scale, self._options.damping)

    def _invert(self, features: Tensor, some: slice, metric: Metric) -> Inverted:
        assert self._latents is not None  # noqa: S101  (set before)
        latents, taken = self._latents[some], 0
        first = self._iteration == 0
        renewals = self._options.renewals if first else int(self._iteration % self._options.renew_every == 0)
        for renewal in range(renewals + 1):
            found, shift = descend(
                self._rebuild,
                features[some],
                latents,
                metric,
                rows=some,
                scale=self._options.scale,
                tolerance=self._options.stationarity,
                most=self._options.steps,
            )
            latents, taken = found.latents, taken + found.steps
            late = (shift > self._options.stationarity).nonzero().flatten()
            if not len(late) or renewal == renewals:
                break
            metric.replace(late + some.start, self._metric_at(latents[late]))
        return Inverted(found.latents, found.losses, found.slopes, taken)

    def _product(
        self, curvature: Curvature, slopes: Tensor, last: Tensor, metric: Metric, some: slice
    ) -> Tensor:
        options = self._options
        if options.target == "series":
            series = summed(curvature, slopes, options.series, options.tolerance, options.products)
            self._solved.append((float(series.contraction.max()), series.products, 0))
            return series.product
        exact = options.curvature == "hessian"
        solved = self._solve(curvature, slopes, last, metric, some, exact=exact)
        product, left, taken = solved.product, solved.left, solved.products
        negative = solved.negative
        if exact and bool(negative.any()):
            again = self._solve(curvature, slopes, torch.zeros_like(last), metric, some, exact=False)
            product = torch.where(negative.unsqueeze(1), again.product, product)
            left = torch.where(negative, again.left, left)
            taken += again.products
        self._solved.append((float(left.max()), taken, int(negative.sum())))
        return product

    def _solve(
        self, curvature: Curvature, slopes: Tensor, last: Tensor, metric: Metric, some: slice, *, exact: bool
    ) -> LinearSolution:
        matrix = curvature.hessian if exact else curvature.gauss_newton
        return solve(
            matrix,
            lambda vectors: metric.solve(vectors, some),
            slopes,
            last,
            self._options.tolerance,
            self._options.products,
        )
