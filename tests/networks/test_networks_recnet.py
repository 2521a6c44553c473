"""RecNet: tokens in any order, its size, its heads, and what cannot be built."""

from typing import Any

import pytest
import torch

from masquerade.errors import UsageError
from masquerade.networks import Network, build

SHAPE = (12, 3, 3)
SMALL = {"width": 8, "heads": 2, "depth": 2}


def recnet(**options: Any) -> Network:  # noqa: ANN401
    torch.manual_seed(0)
    return build("recnet", SHAPE, 5, **{**SMALL, **options}).eval()


@pytest.mark.parametrize("pool", ["class", "mean"])
@pytest.mark.parametrize("head", ["linear", "cosine"])
def test_the_order_of_tokens_changes_nothing(pool: str, head: str) -> None:
    network = recnet(pool=pool, head=head)
    maps = torch.randn(4, *SHAPE)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    permuted = maps.flatten(2)[:, :, order].reshape(maps.shape)
    torch.testing.assert_close(network.embed(permuted), network.embed(maps), atol=1e-5, rtol=1e-4)
    # A token's own numbers do matter: the same values, spread over the tokens otherwise, are another face.
    mixed = maps.flatten(1)[:, torch.randperm(108, generator=torch.Generator().manual_seed(2))]
    assert (network.embed(mixed.reshape(maps.shape)) - network.embed(maps)).abs().max() > 0.05


def test_a_map_learns_the_same_from_permuted_tokens() -> None:
    """A step on permuted tokens changes the weights as one on the tokens as they were."""
    maps, labels = torch.randn(6, *SHAPE), torch.arange(6) % 5
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    permuted = maps.flatten(2)[:, :, order].reshape(maps.shape)
    gradients = []
    for images in (maps, permuted):
        network = recnet()
        torch.nn.functional.cross_entropy(network(images), labels).backward()
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-3)


def test_the_papers_size_is_known() -> None:
    with torch.device("meta"):
        network = build("recnet", (768, 7, 7), 1000, depth=6, heads=12)
    block = 4 * 768 * 769 + 2 * 4 * 768 * 768 + 5 * 768 + 4 * 768
    assert network.count_parameters() == 6 * block + 768 + 4 * 768 + 769 * 1000
    assert network.embedding_size == 768


def test_a_width_of_its_own_gets_a_linear_map() -> None:
    assert recnet(width=16).embedding_size == 16
    assert isinstance(recnet(width=16).to_width, torch.nn.Linear)
    assert isinstance(recnet(width=12).to_width, torch.nn.Identity)
    assert recnet(width=None).embedding_size == 12


def test_scores_of_a_cosine_head_stay_within_its_scale() -> None:
    network = recnet(head="cosine", scale=10.0)
    scores = network(torch.randn(20, *SHAPE) * 50)
    assert scores.abs().max() <= 10.0001
    direction = 3 * network.head.weight[2:3].detach()  # type: ignore[index,operator,union-attr]
    torch.testing.assert_close(network.head(direction)[0, 2].detach(), torch.tensor(10.0))


@pytest.mark.parametrize("options", [{"heads": 3}, {"width": 9}])
def test_heads_that_do_not_divide_the_width_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="width"):
        recnet(**options)
