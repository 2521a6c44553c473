"""Linear systems of attacks: sound where float32 is not, the same with any number of threads, or a named error."""

import ast
from pathlib import Path

import pytest
import torch
from torch import Tensor

import masquerade
from masquerade.attacks.solving import MOST_RESIDUAL, inverted, solved
from masquerade.errors import AttackError

UNSOUND = {"solve", "solve_ex", "inv", "inv_ex", "lu", "lu_factor", "lu_solve", "lstsq"}
"""Solvers of torch that say nothing of the residual; an attack, a metric or a disguise goes through ``solving``."""
SMALL_AND_SOUND = {"crafting/exact.py", "networks/cloaks/soft_jpeg.py"}
"""An oracle of tests, which checks what torch tells of success; three numbers of a colour space."""


def system(unknowns: int = 400, condition: float = 1e8) -> tuple[Tensor, Tensor]:
    """A covariance whose eigenvalues span ``condition``, as photos' do, and what it is solved for."""
    rng = torch.Generator().manual_seed(1)
    axes = torch.linalg.qr(torch.randn(unknowns, unknowns, generator=rng, dtype=torch.float64))[0]
    values = torch.logspace(0, -torch.log10(torch.tensor(condition)), unknowns, dtype=torch.float64)
    gram = (axes * values) @ axes.T
    return gram, torch.randn(unknowns, 7, generator=rng, dtype=torch.float64)


def residual(gram: Tensor, found: Tensor, towards: Tensor) -> float:
    return float((gram @ found.double() - towards).norm() / towards.norm())


def test_a_covariance_of_photos_is_solved_where_float32_is_not() -> None:
    gram, towards = system()
    assert residual(gram, solved(gram, towards), towards) <= MOST_RESIDUAL
    assert residual(gram, torch.linalg.solve(gram.float(), towards.float()), towards) > 1e-2


def test_several_systems_at_once_and_the_type_that_was_given() -> None:
    gram, towards = system(20, 1e3)
    found = solved(torch.stack([gram, 2 * gram]).float(), torch.stack([towards, towards]).float())
    assert found.dtype == torch.float32
    assert torch.allclose(found[0], 2 * found[1], rtol=1e-4)


def test_inverse_and_determinant() -> None:
    gram, _ = system(20, 1e3)
    inverse, logarithm = inverted(gram)
    assert torch.allclose(inverse @ gram, torch.eye(20, dtype=torch.float64), atol=1e-9)
    assert float(logarithm) == pytest.approx(float(torch.linalg.slogdet(gram).logabsdet))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_change_nothing_that_counts(threads: int) -> None:
    gram, towards = system()
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = solved(gram, towards)
        torch.set_num_threads(threads)
        assert residual(gram, solved(gram, towards), towards) <= MOST_RESIDUAL
        assert torch.allclose(solved(gram, towards), alone, rtol=1e-6, atol=1e-6 * float(alone.abs().max()))
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    "gram",
    [-torch.eye(3), torch.zeros(3, 3), torch.full((3, 3), torch.nan), torch.diag(torch.tensor([1.0, 0, 1]))],
)
def test_what_has_no_solution_is_a_named_error(gram: Tensor) -> None:
    with pytest.raises(AttackError, match="linear system"):
        solved(gram, torch.ones(3, 1))
    with pytest.raises(AttackError, match="linear system"):
        inverted(gram)


def test_nobody_solves_unsoundly() -> None:
    root = Path(masquerade.__file__).parent
    found = {
        f"{path.relative_to(root)}:{node.lineno}"
        for path in root.rglob("*.py")
        if str(path.relative_to(root)) not in SMALL_AND_SOUND
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in UNSOUND
        and ast.unparse(node.value) == "torch.linalg"
    }
    assert not found
