"""The attacker's search for latents, and the frozen copies of networks that it runs on."""

import pytest
import torch
from torch import nn

from crafting_examples import LATENTS, SPLIT, near_manifold, normal, tiny, tiny_networks
from masquerade.crafting.fast_solver import FastOptions, FastSolver
from masquerade.crafting.frozen import frozen
from masquerade.crafting.gauss_newton import descend
from masquerade.crafting.inversion import InversionOptions, best_inversion, invert, slopes_at
from masquerade.crafting.metric import Metric
from masquerade.crafting.reconstruction import LatentDecoder
from masquerade.errors import CraftingError, UsageError
from masquerade.networks.features.critic import Critic, CriticOptions
from masquerade.networks.features.split import SplitOptions
from masquerade.networks.features.split_registry import build_split

REBUILD = tiny()
TRUE = normal(3, LATENTS)
FEATURES = near_manifold(REBUILD, TRUE, noise=0.0)
NEAR = TRUE + 0.2 * normal(3, LATENTS, seed=4)


@pytest.mark.parametrize("loss", ["mse", "norm"])
def test_the_heavy_ball_finds_what_made_the_features(loss: str) -> None:
    options = InversionOptions(scale=2000.0, steps=60, learning_rate=0.004, loss=loss, norm_scale=10.0)
    before = slopes_at(REBUILD, FEATURES, NEAR)[0]
    found = invert(REBUILD, FEATURES, NEAR, options)
    assert (found.losses < 0.6 * before).all()
    assert found.steps == 61
    torch.testing.assert_close(found.losses, slopes_at(REBUILD, FEATURES, found.latents)[0])


def test_gauss_newton_finds_it_with_a_matrix_made_elsewhere() -> None:
    metric = Metric.at(REBUILD, NEAR)
    found, _ = descend(REBUILD, FEATURES, NEAR, metric, tolerance=1e-5, most=30)
    torch.testing.assert_close(found.latents, TRUE, rtol=0, atol=5e-3)
    assert found.steps <= 30
    few, rest = descend(REBUILD, FEATURES, NEAR, metric, tolerance=1e-5, most=2)
    assert few.steps == 2
    assert float(rest.max()) > 1e-5
    assert (few.losses <= slopes_at(REBUILD, FEATURES, NEAR)[0]).all()


def test_renewing_the_matrix_finds_it_to_the_last_digits() -> None:
    options = FastOptions(stationarity=1e-5, steps=8, renewals=5)
    found = FastSolver(REBUILD, NEAR, options).latents(FEATURES)
    torch.testing.assert_close(found, TRUE, rtol=0, atol=1e-6)


def test_photos_are_searched_by_themselves() -> None:
    options = InversionOptions(scale=2000.0, steps=10)
    together = invert(REBUILD, FEATURES, NEAR, options).latents
    alone = torch.cat([invert(REBUILD, FEATURES[[i]], NEAR[[i]], options).latents for i in range(3)])
    torch.testing.assert_close(together, alone)


def test_the_best_of_several_starts_is_kept_for_each_photo() -> None:
    starts = torch.stack([NEAR, TRUE + 3, NEAR])
    starts[0, 1] += 3
    best = best_inversion(REBUILD, FEATURES, starts, InversionOptions(scale=2000.0, steps=5))
    singles = torch.stack(
        [invert(REBUILD, FEATURES, s, InversionOptions(scale=2000.0, steps=5)).losses for s in starts]
    )
    assert torch.equal(best.losses, singles.amin(0))
    assert best.steps == 18
    with pytest.raises(UsageError, match="needs a start"):
        best_inversion(REBUILD, FEATURES, starts[:0])


def test_a_prior_draws_latents_away_from_the_minimum() -> None:
    critic = Critic(CriticOptions(side=16, width=4)).double()
    critic.redraw(torch.Generator().manual_seed(0))
    plain = InversionOptions(scale=2000.0, steps=100, learning_rate=1e-3)
    drawn = plain.model_copy(update={"inversion_prior": 3000.0})
    found = invert(REBUILD, FEATURES, TRUE, drawn, critic)
    assert found.losses.mean() > 10 * invert(REBUILD, FEATURES, TRUE, plain).losses.mean() + 1e-6
    score = critic(REBUILD.images(found.latents)).mean()
    assert score > critic(REBUILD.images(TRUE)).mean()
    with pytest.raises(UsageError, match="needs a critic"):
        invert(REBUILD, FEATURES, TRUE, drawn)


def test_a_search_that_explodes_is_named() -> None:
    nan = FEATURES.clone()
    nan[1] = float("nan")
    with pytest.raises(CraftingError, match=r"1 of 3 photos.*learning_rate 0\.005"):
        invert(REBUILD, nan, NEAR, InversionOptions(scale=2000.0, steps=2))
    with pytest.raises(CraftingError, match="not finite"):
        descend(REBUILD, nan, NEAR, Metric.at(REBUILD, NEAR))


@pytest.mark.parametrize("architecture", ["resnet18", "vgg16"])
def test_frozen_copies_give_the_same_twice_over(architecture: str) -> None:
    options = SplitOptions(side=16, width=4, architecture=architecture)
    quick, plain = tiny(split=options), tiny(split=options, plain=True)
    seconds = []
    for rebuild in (quick, plain):
        latents = TRUE.clone().requires_grad_()
        features = rebuild.features(latents)
        (slopes,) = torch.autograd.grad(features.square().sum(), latents, create_graph=True)
        (second,) = torch.autograd.grad(slopes.square().sum(), latents)
        seconds.append((features, slopes, second))
    for one, other in zip(*seconds, strict=True):
        torch.testing.assert_close(one, other)


def test_frozen_convolutions_are_linear_maps_and_their_transposes() -> None:
    torch.manual_seed(0)
    maps = torch.randn(1, 2, 7, 6, dtype=torch.float64, requires_grad=True)
    for module in (
        nn.Conv2d(2, 2, 5, 2, padding=2),
        nn.Conv2d(2, 2, 4, 2, padding=1),
        nn.Conv2d(2, 1, 4, 3),
        nn.ConvTranspose2d(2, 1, 5, 2, padding=2, output_padding=1),
    ):
        copy = frozen(nn.Sequential(module.double()))
        assert not list(copy.parameters())
        torch.testing.assert_close(copy(maps), module(maps))
        torch.autograd.gradcheck(copy, maps)
        torch.autograd.gradgradcheck(copy, maps)
    grouped = nn.Conv2d(4, 4, 3, groups=2)
    assert type(frozen(nn.Sequential(grouped))[0]) is nn.Conv2d


def test_frozen_copies_leave_the_original_alone() -> None:
    network = build_split(SPLIT)
    names = [type(m).__name__ for m in network.modules()]
    frozen(network)
    LatentDecoder(tiny_networks()[0].float(), network, LATENTS, plain=True)
    assert [type(m).__name__ for m in network.modules()] == names
    assert all(p.requires_grad for p in network.parameters())


def test_generator_and_encoder_must_fit() -> None:
    generator = tiny().generator
    with pytest.raises(UsageError, match="not what the encoder takes"):
        LatentDecoder(generator, build_split(SplitOptions(side=32, width=4)).double(), LATENTS)
    with pytest.raises(UsageError, match="another length"):
        LatentDecoder(generator, build_split(SPLIT).double(), LATENTS + 1)
