"""Orthogonal matrices are orthogonal and Haar on O(n): exact laws, and wrong generators as controls."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from masquerade.keys import Key

KEY = Key.from_secret(bytes(range(32)))
Matrices = NDArray[np.float64]
Generator = Callable[[int], Matrices]
DRAWS = 2000
LEAST = 1e-4


def ours(size: int) -> Matrices:
    return KEY.stream(f"haar/{size}").orthogonal(size, DRAWS)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def corrected_qr(size: int) -> Matrices:
    q, r = np.linalg.qr(rng().normal(size=(DRAWS, size, size)))
    return q * np.sign(np.einsum("nii->ni", r))[:, None]


def uncorrected_qr(size: int) -> Matrices:
    return np.linalg.qr(rng().normal(size=(DRAWS, size, size)))[0]


def rotations_alone(size: int) -> Matrices:
    drawn = corrected_qr(size)
    drawn[:, 0] *= np.linalg.det(drawn).round()[:, None]
    return drawn


def cayley(size: int) -> Matrices:
    a = rng().normal(size=(DRAWS, size, size))
    skew = a - a.transpose(0, 2, 1)
    drawn = np.linalg.solve(np.eye(size) + skew, np.eye(size) - skew)
    drawn[::2, 0] *= -1
    return drawn


def p_values(matrices: Matrices) -> dict[str, float]:
    """p-value by statistic; under Haar, each is uniform."""
    size = matrices.shape[1]
    found = {"determinant": stats.binomtest(int((np.linalg.det(matrices) > 0).sum()), DRAWS).pvalue}
    for row, column in ((0, 0), (size - 1, 0), (0, size - 1), (size - 1, size - 1)):
        entry = matrices[:, row, column]  # (x + 1) / 2 is Beta((n - 1) / 2, (n - 1) / 2)
        law = stats.beta((size - 1) / 2, (size - 1) / 2)
        found[f"entry {row},{column}"] = stats.kstest((entry + 1) / 2, law.cdf).pvalue
    found["eigenangle"] = angle_p_value(matrices)
    return found


def angle_p_value(matrices: Matrices) -> float:
    """Against the exact law of the rotation angle in three dimensions, else against corrected QR."""
    if matrices.shape[1] == 3:
        trace = np.trace(matrices, axis1=1, axis2=2) * np.linalg.det(matrices).round()
        angle = np.arccos(np.clip((trace - 1) / 2, -1, 1))
        return stats.kstest(angle, lambda a: (a - np.sin(a)) / np.pi).pvalue
    return stats.ks_2samp(widest_angle(matrices), widest_angle(corrected_qr(matrices.shape[1]))).pvalue


def widest_angle(matrices: Matrices) -> Matrices:
    """One number a matrix, so that the sample is independent: the widest eigenangle below a half turn."""
    angles = np.sort(np.abs(np.angle(np.linalg.eigvals(matrices))), axis=1)
    return np.where(angles < np.pi - 1e-6, angles, 0).max(axis=1)


@pytest.mark.parametrize("size", [3, 8])
def test_matrices_are_haar(size: int) -> None:
    found = p_values(ours(size))
    assert min(found.values()) > LEAST, found


@pytest.mark.parametrize("size", [3, 8])
@pytest.mark.parametrize(
    ("generator", "caught_by"),
    [
        (uncorrected_qr, "entry 0,0"),
        (uncorrected_qr, "eigenangle"),
        (rotations_alone, "determinant"),
        (cayley, "eigenangle"),
    ],
)
def test_the_test_finds_what_is_not_haar(generator: Generator, caught_by: str, size: int) -> None:
    assert p_values(generator(size))[caught_by] < LEAST


def test_in_two_dimensions_angle_and_reflection_are_uniform() -> None:
    drawn = ours(2)
    angle = np.arctan2(drawn[:, 1, 0], drawn[:, 0, 0])
    turns = np.linalg.det(drawn) > 0
    assert stats.kstest(angle[turns], stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > LEAST
    assert stats.kstest(angle[~turns], stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > LEAST


def test_in_one_dimension_both_signs_are_as_likely() -> None:
    drawn = ours(1).ravel()
    assert set(drawn) == {-1.0, 1.0}
    assert stats.binomtest(int((drawn > 0).sum()), DRAWS).pvalue > LEAST


def test_the_trace_is_nearly_normal() -> None:
    trace = np.trace(ours(16), axis1=1, axis2=2)  # Diaconis and Shahshahani (1994)
    assert stats.kstest(trace, "norm").pvalue > LEAST


def test_left_and_right_products_change_no_law() -> None:
    drawn, fixed = ours(4), KEY.stream("fixed").orthogonal(4, 2)
    for turned in (fixed[0] @ drawn, drawn @ fixed[1]):
        assert min(p_values(turned).values()) > LEAST


@pytest.mark.parametrize(("size", "count"), [(1, 3), (2, 768), (16, 784), (48, 20), (192, 2), (768, 1)])
def test_matrices_are_orthogonal(size: int, count: int) -> None:
    drawn = KEY.stream("orthogonal").orthogonal(size, count)
    assert drawn.shape == (count, size, size)
    assert drawn.dtype == np.float64
    assert np.abs(drawn @ drawn.transpose(0, 2, 1) - np.eye(size)).max() <= 1e-12
