"""The transformer blocks shared by encoders and recognisers."""

import pytest
import torch

from masquerade.errors import UsageError
from masquerade.networks.classifiers.vit import TransformerBlocks


def blocks(**changes: float) -> TransformerBlocks:
    torch.manual_seed(0)
    return TransformerBlocks(**{"width": 24, "heads": 3, "depth": 2, **changes})


@pytest.mark.parametrize("training", [True, False])
def test_blocks_do_not_know_the_place_of_a_token(training: bool) -> None:
    network = blocks().train(training)
    tokens = torch.randn(2, 7, 24)
    order = torch.randperm(7)
    moved = network(tokens[:, order])
    torch.testing.assert_close(moved, network(tokens)[:, order], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(moved, network(tokens), atol=1e-3)


def test_every_token_reaches_every_other() -> None:
    network = blocks()
    tokens = torch.randn(1, 5, 24, requires_grad=True)
    network(tokens)[0, 0].sum().backward()
    assert tokens.grad is not None
    assert (tokens.grad[0].abs().sum(1) > 0).all()


def test_training_evaluation_and_bfloat16_agree() -> None:
    network, tokens = blocks(), torch.randn(3, 5, 24)
    trained = network(tokens).detach()
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(tokens), trained, rtol=1e-4, atol=1e-5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        halved = network.train()(tokens)
    torch.testing.assert_close(halved.float(), trained, rtol=0.05, atol=0.05)
    halved.float().sum().backward()


def test_blocks_differ_from_each_other() -> None:
    first, second = blocks().blocks
    assert not torch.equal(first.linear1.weight, second.linear1.weight)
    assert not torch.equal(first.self_attn.in_proj_weight, second.self_attn.in_proj_weight)


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(UsageError, match="width 24, 5 heads"):
        blocks(heads=5)
    with pytest.raises(UsageError, match="depth 0"):
        blocks(depth=0)
