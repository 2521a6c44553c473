"""Block normalisation."""

import pytest
import torch

from masquerade.blocks import BlockGrid
from masquerade.disguises import BlockNormalise
from masquerade.disguises.blocks.normalise import DEVIATION
from masquerade.keys import Key

KEY = Key.from_secret(bytes(32))
SHAPE = (3, 16, 16)


def normalised(images: torch.Tensor, **how: object) -> torch.Tensor:
    return BlockNormalise(4, **how).with_key(KEY, SHAPE)(images)


@pytest.mark.parametrize("per_channel", [False, True])
def test_every_block_has_mean_zero_and_one_norm(per_channel: bool) -> None:
    blocks = BlockGrid(*SHAPE, 4, 4).cut(normalised(torch.rand(5, *SHAPE) * 255, per_channel=per_channel))
    rows = blocks.flatten(3) if per_channel else blocks.flatten(2)
    assert rows.mean(-1).abs().max() < 1e-3
    assert (rows.norm(dim=-1) / (DEVIATION * rows.shape[-1] ** 0.5) - 1).abs().max() < 1e-3


def test_channels_keep_their_difference_unless_apart() -> None:
    images = torch.rand(5, *SHAPE) * 100
    images[:, 0] += 100
    assert normalised(images)[:, 0].mean() > 50
    assert normalised(images, per_channel=True)[:, 0].mean().abs() < 1e-3


def test_flat_blocks_stay_flat_and_grain_stays_small() -> None:
    flat = torch.full((1, *SHAPE), 200, dtype=torch.uint8)
    assert normalised(flat).abs().max() == 0
    grainy = flat.float() + 0.1 * torch.randn(flat.shape)
    assert normalised(grainy).std() < 0.2 * DEVIATION


def test_brightness_and_contrast_leave_no_trace() -> None:
    images = torch.rand(3, *SHAPE) * 100
    assert torch.allclose(
        normalised(images, epsilon=1e-6), normalised(2 * images + 30, epsilon=1e-6), atol=1e-2
    )
