"""Structural similarity and its gradient, beside torchmetrics'."""

import pytest
import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from cloak_examples import fixed, smooth_photos
from masquerade.errors import UsageError
from masquerade.networks.cloaks.ssim import InnerSSIM, structural_similarity


def pair() -> tuple[Tensor, Tensor]:
    originals = smooth_photos(3, 24)[..., :20].double()
    return (originals + 20 * fixed((3, 3, 24, 20), 1)).clamp(0, 255).requires_grad_(), originals


def by_torchmetrics(images: Tensor, originals: Tensor) -> Tensor:
    """The mean over places where no border was made up."""
    _, maps = structural_similarity_index_measure(
        images, originals, data_range=255.0, reduction="none", return_full_image=True
    )
    return maps[..., 5:-5, 5:-5].mean((1, 2, 3))


def test_values_and_gradients_are_torchmetrics_own() -> None:
    images, originals = pair()
    weights = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    expected = by_torchmetrics(images, originals)
    found = structural_similarity(images, originals)
    assert torch.allclose(found, expected, atol=1e-9)
    assert found.max() < 0.95
    slopes, expected_slopes = (
        torch.autograd.grad((weights * values).sum(), images)[0] for values in (found, expected)
    )
    assert torch.allclose(slopes, expected_slopes, rtol=1e-6, atol=1e-12)
    assert torch.allclose(InnerSSIM(originals).compare(images).gradient(weights), slopes)


def test_single_precision_is_close() -> None:
    images, originals = pair()
    found = InnerSSIM(originals.float()).values(images.detach().float())
    assert (found - by_torchmetrics(images.detach(), originals)).abs().max() < 1e-5


def test_an_image_is_like_itself_and_does_not_see_its_neighbours() -> None:
    images, originals = pair()
    assert torch.allclose(InnerSSIM(originals).values(originals), torch.ones(3, dtype=torch.float64))
    alone = InnerSSIM(originals[1:2]).values(images[1:2])
    assert torch.allclose(alone, InnerSSIM(originals).values(images)[1:2])


def test_images_smaller_than_the_window_are_refused() -> None:
    with pytest.raises(UsageError, match="too small"):
        InnerSSIM(torch.zeros(1, 3, 10, 40))
