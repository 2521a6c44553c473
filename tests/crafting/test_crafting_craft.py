"""Algorithm 1 and Crafter-z on a toy whose private faces lie far from the prior."""

from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor

from crafting_examples import LATENTS, near_manifold, normal, tiny
from masquerade.crafting.adversary import Adversary, pool_size
from masquerade.crafting.craft import Crafted, Iteration, craft
from masquerade.crafting.crafter_z import craft_z
from masquerade.crafting.fast_solver import FastOptions
from masquerade.crafting.inversion import InversionOptions
from masquerade.crafting.neumann import NeumannOptions
from masquerade.crafting.objective import critic_loss, privacy_loss, utility_loss
from masquerade.crafting.penalty import gradient_penalty
from masquerade.crafting.settings import AdversaryOptions, CrafterZSettings, CraftSettings
from masquerade.errors import CraftingError, SeriesDiverged, UsageError
from masquerade.networks.features.critic import Critic, CriticOptions

REBUILD = tiny()
PRIVATE = 2 + 0.3 * normal(6, LATENTS)
ORIGINALS = near_manifold(REBUILD, PRIVATE, noise=0.02)
POOL = normal(16, LATENTS, seed=2)
ADVERSARY = AdversaryOptions(width=4, steps=3, minibatch=8)
NEUMANN = {
    "solver": "neumann",
    "inversion": InversionOptions(scale=2000.0, steps=5),
    "series": NeumannOptions(terms=20, alpha=5e-3),
}


def crafted(iterations: int = 4, seed: int = 1, originals: Tensor = ORIGINALS, **changes: object) -> Crafted:
    settings = CraftSettings.model_validate(
        {"iterations": iterations, "adversary": ADVERSARY, "learning_rate": 0.02, **changes}
    )
    start = PRIVATE[: len(originals)].clone()
    random = Generator().manual_seed(seed)
    return craft(originals, REBUILD, settings, pool=POOL, start=start, random=random)


def from_prior(latents: Tensor) -> float:
    """How far the mean latent is from the prior's, which is 0."""
    return float(latents.mean(0).norm())


@pytest.mark.parametrize(
    "solver", [{}, {"fast": FastOptions(target="series", scale=2000.0, warm_steps=0)}, NEUMANN]
)
def test_faces_move_to_the_prior_and_features_stay_near(solver: dict[str, object]) -> None:
    result = crafted(25, beta=0.1, **solver)
    assert from_prior(result.latents) < 0.9 * from_prior(PRIVATE)
    changed = float((result.features - ORIGINALS).square().mean())
    assert 0 < changed < 0.4 * float(ORIGINALS.var())
    assert result.log[0].utility == 0
    assert result.log[-1].utility > 0
    assert all(entry.solver.contraction < 1.2 for entry in result.log)


def test_more_weight_on_utility_changes_less() -> None:
    little, much = (crafted(15, beta=beta).log[-1].utility for beta in (0.01, 1000.0))
    assert much < 0.7 * little


def test_the_same_draws_give_the_same_features_and_others_others() -> None:
    first, same, other = crafted(seed=1), crafted(seed=1), crafted(seed=2)
    assert torch.equal(first.features, same.features)
    assert first.log == same.log
    assert not torch.allclose(first.features, other.features)
    state = torch.random.get_rng_state()
    crafted()
    assert torch.equal(torch.random.get_rng_state(), state)  # no hidden source of randomness


def test_both_solvers_begin_with_the_same_gradient() -> None:
    """The first step of Adam shows the gradient's signs."""
    exact = crafted(1, fast=FastOptions(tolerance=1e-6, steps=30, stationarity=1e-5))
    series = crafted(
        1,
        solver="neumann",
        inversion=InversionOptions(scale=2000.0, steps=300, learning_rate=1e-3),
        series=NeumannOptions(alpha=5e-3, terms=400),
    )
    one, other = (result.features - ORIGINALS for result in (exact, series))
    assert float((one.sign() == other.sign()).double().mean()) > 0.98


def test_what_is_observed_is_what_is_logged() -> None:
    seen: list[tuple[int, Iteration]] = []
    settings = CraftSettings(iterations=3, adversary=ADVERSARY)
    result = craft(
        ORIGINALS,
        REBUILD,
        settings,
        pool=POOL,
        start=lambda features: PRIVATE,
        random=Generator().manual_seed(0),
        observe=lambda number, features, entry: seen.append((number, entry)),
    )
    assert seen == list(enumerate(result.log))
    assert set(result.seconds) == {"inversion", "critic", "inverse Hessian product", "rest"}
    assert min(result.seconds.values()) >= 0


@pytest.mark.parametrize("solver", [{}, NEUMANN])
def test_one_photo_is_enough(solver: dict[str, object]) -> None:
    result = crafted(2, originals=ORIGINALS[:1], **solver)
    assert result.features.shape == ORIGINALS[:1].shape
    assert pool_size(1, 32) == 32
    assert pool_size(128, 32) == 128


def nan(features: Tensor) -> Tensor:
    features = features.clone()
    features[3, 0, 0, 0] = float("nan")
    return features


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (nan, CraftingError, "1 of 6 photos, number 3 first"),
        (lambda f: f[:0], UsageError, "not features of the encoder"),
        (lambda f: f[:, :2], UsageError, "not features of the encoder"),
    ],
)
def test_unusable_features_are_named(
    change: Callable[[Tensor], Tensor], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        crafted(originals=change(ORIGINALS))


def test_unusable_pools_are_named() -> None:
    random = Generator().manual_seed(0)
    for pool in (POOL[:0], POOL[:, :2], POOL[0]):
        with pytest.raises(UsageError, match="not a pool of latents"):
            Adversary(REBUILD, pool, ADVERSARY, random)
    with pytest.raises(CraftingError, match="pool of latents is not finite"):
        Adversary(REBUILD, POOL / 0, ADVERSARY, random)


@pytest.mark.parametrize(
    ("start", "words"),
    [(PRIVATE[:2], "one latent for each photo"), (PRIVATE / 0, "begin with are not finite")],
)
def test_unusable_starts_are_named(start: Tensor, words: str) -> None:
    settings = CraftSettings(iterations=1, adversary=ADVERSARY)
    random = Generator().manual_seed(0)
    with pytest.raises((UsageError, CraftingError), match=words):
        craft(ORIGINALS, REBUILD, settings, pool=POOL, start=start, random=random)
    with pytest.raises((UsageError, CraftingError), match=words):
        craft_z(ORIGINALS, REBUILD, CrafterZSettings(), pool=POOL, start=start, random=random)


@pytest.mark.parametrize("solver", [{}, NEUMANN])
def test_an_amortiser_that_gives_no_numbers_is_named(solver: dict[str, object]) -> None:
    settings = CraftSettings.model_validate({"iterations": 1, "adversary": ADVERSARY, **solver})
    random = Generator().manual_seed(0)
    with pytest.raises(CraftingError, match=r"cannot be factored|finite numbers"):
        craft(ORIGINALS, REBUILD, settings, pool=POOL, start=lambda f: PRIVATE / 0, random=random)


def test_divergence_ends_crafting() -> None:
    with pytest.raises(SeriesDiverged, match="Lower alpha"):
        crafted(**{**NEUMANN, "series": NeumannOptions(alpha=1.0)})
    with pytest.raises(CraftingError, match=r"critic's loss|finite"):
        crafted(
            adversary=ADVERSARY.model_copy(update={"penalty": 1e308, "penalty_raised": 1e308, "steps": 9})
        )


def test_losses_have_their_signs() -> None:
    low, high = torch.zeros(3), torch.ones(3)
    assert privacy_loss(high) < privacy_loss(low)  # features want high scores
    assert critic_loss(low, high) < critic_loss(high, low)  # the critic wants the prior's to be higher
    assert float(utility_loss(torch.ones(2, 1, 2, 2), torch.zeros(2, 1, 2, 2))) == 100


def test_the_penalty_is_the_slopes_by_finite_differences() -> None:
    critic = Critic(CriticOptions(side=8, width=2)).double()
    critic.redraw(Generator().manual_seed(3))
    one, other = torch.rand(2, 4, 3, 8, 8, generator=Generator().manual_seed(4), dtype=torch.float64)
    shares = torch.tensor([0.0, 1.0, 0.5, 0.25], dtype=torch.float64)
    between = shares.view(-1, 1, 1, 1) * one + (1 - shares).view(-1, 1, 1, 1) * other
    steps = 1e-6 * torch.eye(between[0].numel(), dtype=torch.float64).view(-1, *between.shape[1:])
    with torch.no_grad():
        slopes = torch.stack([(critic(b + steps) - critic(b - steps)) / 2e-6 for b in between])
    expected = (slopes.norm(dim=1) - 1).square().mean()
    penalty = gradient_penalty(critic, one, other, shares)
    torch.testing.assert_close(penalty, expected, rtol=1e-6, atol=0)

    weight = critic.layers[0].weight
    (slope,) = torch.autograd.grad(penalty, weight)  # type: ignore[arg-type]
    with torch.no_grad():
        changes = []
        for step in (1e-6, -2e-6):
            weight[1, 2, 3, 3] += step  # type: ignore[index]
            changes.append(gradient_penalty_value(critic, one, other, shares))
    torch.testing.assert_close(slope[1, 2, 3, 3], (changes[0] - changes[1]) / 2e-6, rtol=1e-4, atol=1e-9)


@torch.enable_grad()
def gradient_penalty_value(critic: Critic, one: Tensor, other: Tensor, shares: Tensor) -> Tensor:
    return gradient_penalty(critic, one, other, shares).detach()


def test_crafter_z_gives_the_generators_own_features() -> None:
    settings = CrafterZSettings(
        iterations=25,
        adversary=AdversaryOptions(width=4, steps=8, minibatch=8, learning_rate=5e-3),
        learning_rate=0.05,
        beta=0.1,
        inversion=InversionOptions(scale=2000.0, steps=5),
    )
    runs = [
        craft_z(ORIGINALS, REBUILD, settings, pool=POOL, start=PRIVATE, random=Generator().manual_seed(0))
        for _ in range(2)
    ]
    assert torch.equal(runs[0].features, runs[1].features)
    with torch.no_grad():
        torch.testing.assert_close(REBUILD.features(runs[0].latents), runs[0].features)
    assert from_prior(runs[0].latents) < 0.9 * from_prior(PRIVATE)
    near = craft_z(
        ORIGINALS,
        REBUILD,
        settings.model_copy(update={"beta": 1e4}),
        pool=POOL,
        start=PRIVATE,
        random=Generator().manual_seed(0),
    )
    assert near.log[-1][1] < 0.5 * runs[0].log[-1][1]
