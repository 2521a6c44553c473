"""The gradient through the attacker's inversion: every way against the written-out Hessian."""

import pytest
import torch
from torch import Tensor

from crafting_examples import LATENTS, near_manifold, normal, tiny
from masquerade.crafting.conjugate_gradients import solve
from masquerade.crafting.curvature import Curvature
from masquerade.crafting.exact import exact_inverse, hessian, implicit_gradient
from masquerade.crafting.fast_solver import FastOptions, FastSolver
from masquerade.crafting.gauss_newton import descend
from masquerade.crafting.lanczos import summed
from masquerade.crafting.metric import Metric, gauss_newton_matrix
from masquerade.crafting.neumann import NeumannOptions, approximate_inverse
from masquerade.crafting.objective import INVERSION_SCALE, inversion_losses
from masquerade.errors import CraftingError, SeriesDiverged

REBUILD = tiny()
PLAIN = tiny(plain=True)
START = normal(4, LATENTS)
FEATURES = near_manifold(REBUILD, START)
SLOPES = normal(4, LATENTS, seed=5)


@pytest.fixture(scope="module")
def latents() -> Tensor:
    metric = Metric.at(REBUILD, START)
    return descend(REBUILD, FEATURES, START, metric, tolerance=1e-4, most=30)[0].latents


@pytest.fixture
def curvature(latents: Tensor) -> Curvature:
    return Curvature(REBUILD, FEATURES, latents)


def relative(found: Tensor, right: Tensor) -> float:
    return float((found - right).norm() / right.norm())


def test_the_hessian_is_torchs_own(curvature: Curvature, latents: Tensor) -> None:
    def loss(latent: Tensor) -> Tensor:
        return inversion_losses(FEATURES[:1], PLAIN.features(latent.unsqueeze(0))).sum()

    own = torch.autograd.functional.hessian(loss, latents[0])
    assert relative(hessian(curvature)[0], own) < 1e-10


def test_gauss_newton_products_are_the_matrix(curvature: Curvature, latents: Tensor) -> None:
    matrices = torch.stack([gauss_newton_matrix(REBUILD, latent, INVERSION_SCALE) for latent in latents])
    assert relative(curvature.gauss_newton(SLOPES), (matrices @ SLOPES.unsqueeze(2)).squeeze(2)) < 1e-10
    on_manifold = Curvature(REBUILD, REBUILD.features(latents).detach(), latents)
    assert relative(on_manifold.gauss_newton(SLOPES), on_manifold.hessian(SLOPES)) < 1e-10


def test_the_fast_gradient_is_the_exact_one(latents: Tensor) -> None:
    exact = Curvature(REBUILD, FEATURES, latents)
    right = implicit_gradient(exact, exact_inverse(exact, SLOPES))
    for tolerance, allowed in ((1e-3, 1e-3), (1e-9, 1e-8)):
        solver = FastSolver(REBUILD, START, FastOptions(tolerance=tolerance))
        assert relative(solver.gradient(FEATURES, latents, SLOPES), right) < allowed
    rough = FastSolver(REBUILD, START, FastOptions(curvature="gauss_newton", tolerance=1e-9))
    assert 1e-7 < relative(rough.gradient(FEATURES, latents, SLOPES), right) < 0.05


def test_a_stale_matrix_still_gives_the_exact_gradient(latents: Tensor) -> None:
    solver = FastSolver(REBUILD, latents + 0.3, FastOptions(tolerance=1e-6, renewals=0, steps=2))
    solver.latents(FEATURES)
    curvature = Curvature(REBUILD, FEATURES, latents)
    right = implicit_gradient(curvature, exact_inverse(curvature, SLOPES))
    assert relative(solver.gradient(FEATURES, latents, SLOPES), right) < 1e-5
    again = solver.gradient(FEATURES, latents, SLOPES)
    assert relative(again, right) < 1e-5
    assert solver.reading().products < 3  # it began at its last solution


def test_the_gradient_is_the_change_of_what_the_attacker_finds(latents: Tensor) -> None:
    """Without any theorem: move features, let the attacker search again, and look at his latents."""
    smooth = near_manifold(REBUILD, latents, noise=0.0)
    curvature = Curvature(REBUILD, smooth, latents)
    gradient = implicit_gradient(curvature, exact_inverse(curvature, SLOPES))
    direction = normal(*smooth.shape, seed=8)
    step = 1e-6
    metric = Metric.at(REBUILD, latents, damping=0.0)

    def found(features: Tensor) -> Tensor:
        return descend(REBUILD, features, latents, metric, tolerance=1e-9, most=40)[0].latents

    moved = (found(smooth + step * direction) - found(smooth - step * direction)) / (2 * step)
    predicted = (gradient * direction).flatten(1).sum(1)
    torch.testing.assert_close((moved * SLOPES).sum(1), predicted, rtol=1e-3, atol=1e-6)


def test_neumann_and_lanczos_sum_the_same_series(curvature: Curvature) -> None:
    largest = float(torch.linalg.eigvalsh(hessian(curvature)).max())
    options = NeumannOptions(alpha=1 / largest, terms=150)
    series = approximate_inverse(curvature, SLOPES, options)
    short = summed(curvature, SLOPES, options, 1e-10)
    assert relative(short.product, series.product) < 1e-9
    assert short.products <= LATENTS < series.products == 150
    many = approximate_inverse(curvature, SLOPES, NeumannOptions(alpha=1 / largest, terms=300))
    assert relative(many.product, exact_inverse(curvature, SLOPES)) < 1e-6
    assert float(many.left.max()) < 1e-6
    assert float(many.contraction.max()) < 1


def test_few_terms_leave_much(curvature: Curvature) -> None:
    series = approximate_inverse(curvature, SLOPES, NeumannOptions(alpha=1e-6, terms=3))
    assert relative(series.product, exact_inverse(curvature, SLOPES)) > 0.9
    assert float(series.left.min()) > 0.99
    torch.testing.assert_close(series.product, 4e-6 * SLOPES, rtol=1e-3, atol=0)


@pytest.mark.parametrize("sum_up", [approximate_inverse, summed])
def test_a_diverging_series_is_named(curvature: Curvature, sum_up: object) -> None:
    with pytest.raises(SeriesDiverged, match=r"4 of 4 photos.*alpha 1\."):
        sum_up(curvature, SLOPES, NeumannOptions(alpha=1.0))  # type: ignore[operator]


def test_nan_counts_as_divergence(curvature: Curvature) -> None:
    slopes = SLOPES.clone()
    slopes[2, 0] = float("nan")
    with pytest.raises(SeriesDiverged, match="1 of 4"):
        approximate_inverse(curvature, slopes)


def test_conjugate_gradients_stop_at_negative_directions() -> None:
    matrix = torch.diag_embed(torch.tensor([[1.0, 2.0, 3.0], [1.0, -2.0, 3.0]], dtype=torch.float64))
    right = torch.ones(2, 3, dtype=torch.float64)

    def product(vectors: Tensor) -> Tensor:
        return (matrix @ vectors.unsqueeze(2)).squeeze(2)

    solved = solve(product, lambda v: v, right, torch.zeros_like(right), 1e-10, 50)
    assert solved.negative.tolist() == [False, True]
    torch.testing.assert_close(solved.product[0], right[0] / matrix[0].diagonal())
    assert bool(solved.product.isfinite().all())
    assert (
        solve(product, lambda v: v, right, right / matrix.diagonal(dim1=1, dim2=2), 1e-10, 50).products == 1
    )


def test_a_photo_far_from_its_minimum_gets_the_gauss_newton_part() -> None:
    far = START + 3 * normal(4, LATENTS, seed=21)
    odd = 40 * near_manifold(REBUILD, START, noise=2.0)
    values = torch.linalg.eigvalsh(hessian(Curvature(REBUILD, odd, far)))
    negative = (values < 0).any(1)
    assert bool(negative.any())
    solver = FastSolver(REBUILD, far, FastOptions(tolerance=1e-8, steps=2, renewals=0, warm_steps=0))
    solver.latents(odd)
    gradient = solver.gradient(odd, far, SLOPES)
    assert bool(gradient.isfinite().all())
    assert 0 < solver.reading().negative <= int(negative.sum())


def test_a_singular_hessian_is_named() -> None:
    dead = torch.full((1, LATENTS), float("nan"), dtype=torch.float64)
    with pytest.raises(CraftingError):
        descend(REBUILD, FEATURES[:1], dead, Metric.at(REBUILD, START[:1]))
