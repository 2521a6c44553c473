"""Soft targets beside class numbers, margins, and the recognition vectors of a trained network."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from masquerade.errors import ModelError, UsageError
from masquerade.networks import Network, build
from masquerade.training import Settings, embeddings, fit, probabilities

CLASSES = 3
MLP = Settings(
    network="mlp", options={"hidden": 16}, epochs=20, batch_size=16, learning_rate=0.05, precision="float32"
)


def maps(count: int = 60, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Feature maps ``(n, 6, 2, 2)``: every token leans to the class's own direction, in any place."""
    g = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % CLASSES
    images = torch.randn(count, 6, 2, 2, generator=g)
    images[torch.arange(count), labels] += 2
    return images, labels


def trained(labels: Tensor, how: Settings = MLP, images: Tensor | None = None) -> Network:
    if images is None:
        images, _ = maps()
    return fit(images, labels, how, CLASSES, np.random.default_rng(0))


def weights(network: Network) -> Tensor:
    return torch.cat([t.flatten().double() for t in network.state_dict().values()])


def test_recnet_learns_which_tokens_there_are() -> None:
    _, labels = maps()
    how = Settings.read(
        {
            **MLP.model_dump(),
            "network": "recnet",
            "options": {"width": 16, "heads": 2, "depth": 1},
            "optimiser": "adamw",
            "learning_rate": 5e-3,
        }
    )
    network = trained(labels, how)
    unseen, truth = maps(seed=1)
    assert (probabilities(network, unseen).argmax(1) == truth).float().mean() > 0.9


def test_certain_soft_targets_train_as_class_numbers_do() -> None:
    _, labels = maps()
    certain = functional.one_hot(labels, CLASSES).double()
    assert torch.equal(weights(trained(certain)), weights(trained(labels)))


def test_a_mixture_is_learnt_as_a_mixture() -> None:
    """Images of one kind whose targets are 3 to 1 end near these shares, not at certainty."""
    images, _ = maps()
    targets = torch.tensor([0.75, 0.25, 0.0]).repeat(len(images), 1)
    found = probabilities(trained(targets, MLP.model_copy(update={"epochs": 60})), images).mean(0)
    torch.testing.assert_close(found, targets[0], atol=0.06, rtol=0)


@pytest.mark.parametrize(
    "targets",
    [
        torch.ones(60, CLASSES),
        torch.full((60, 2), 0.5),
        torch.tensor([1.5, -0.5, 0.0]).repeat(60, 1),
        torch.full((60, CLASSES), float("nan")),
        torch.full((60,), 1.0),
    ],
    ids=["sum", "classes", "negative", "nan", "one column"],
)
def test_soft_targets_that_are_no_shares_are_refused(targets: Tensor) -> None:
    with pytest.raises(UsageError, match="soft targets"):
        trained(targets)


def test_class_numbers_in_columns_are_refused() -> None:
    with pytest.raises(UsageError, match="training needs"):
        trained(torch.zeros(60, CLASSES, dtype=torch.int64))


def test_a_margin_makes_the_right_class_win_by_more() -> None:
    images, labels = maps()
    plain = trained(labels, MLP.model_copy(update={"epochs": 5}))
    wide = trained(labels, MLP.model_copy(update={"epochs": 5, "margin": 4.0}))
    gaps = []
    for network in (plain, wide):
        with torch.no_grad():
            scores = network(images)
        right = scores.gather(1, labels[:, None])
        gaps.append(float((right - scores.masked_fill(scores == right, -99)).min(1).values.median()))
    assert gaps[1] > gaps[0] + 1


def test_embeddings_come_in_any_batches_and_leave_the_mode() -> None:
    network = build("recnet", (6, 2, 2), CLASSES, width=8, heads=2, depth=1, dropout=0.5).train()
    images, _ = maps()
    whole = embeddings(network, images)
    assert whole.shape == (60, 8)
    assert whole.dtype == torch.float32
    assert network.training
    torch.testing.assert_close(embeddings(network, images, batch_size=7), whole)


def test_features_that_are_not_finite_are_an_error() -> None:
    images, _ = maps()
    images[3, 0, 0, 0] = float("nan")
    images[9, 0, 0, 0] = float("inf")
    network = build("recnet", (6, 2, 2), CLASSES, width=8, heads=2, depth=1)
    with pytest.raises(ModelError, match="not finite numbers: 2 of 60"):
        embeddings(network, images)
