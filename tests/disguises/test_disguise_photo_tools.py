"""Blur, pixelation, boxes, averages and contours, beside what other programs make of the same photos."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from attack_examples import faces, tinted
from masquerade.audit.studies.study import ArmSpec
from masquerade.audit.trial import promises, protects
from masquerade.disguises import (
    Contours,
    Disguise,
    EyeBar,
    FaceBox,
    GaussianBlur,
    KSamePhotos,
    Pixelation,
)
from masquerade.errors import UsageError
from masquerade.keys import Key
from masquerade.recipes.photo_tools import PHOTO_TOOLS

KEY = Key.from_secret(bytes(32))


def photos(n: int = 6) -> Tensor:
    return tinted(faces()[: 10 * n : 10].float()).round().clamp(0, 255)


def made(disguise: Disguise, images: Tensor) -> Tensor:
    result: Tensor = disguise.with_key(KEY, tuple(images.shape[1:]))(images)
    return result


@pytest.mark.parametrize("sigma", [0.7, 2, 9])
def test_a_blur_is_that_of_scipy_to_a_grey_level(sigma: float) -> None:
    for photo, blurred in zip(photos(), made(GaussianBlur(sigma), photos()), strict=True):
        theirs = ndimage.gaussian_filter(
            photo.double().numpy(), (0, sigma, sigma), mode="nearest", truncate=4
        )
        assert np.abs(blurred.numpy() - theirs).max() <= 0.51


def test_a_block_has_one_colour_the_mean_of_what_it_covers() -> None:
    blocks = made(Pixelation(4), photos()).view(6, 3, 4, 8, 4, 8)
    assert (blocks == blocks[:, :, :, :1, :, :1]).all()
    means = photos().double().view(6, 3, 4, 8, 4, 8).mean((3, 5))
    assert (blocks[:, :, :, 0, :, 0] - means).abs().max() <= 0.5


def test_sides_that_no_block_divides_are_covered_all_the_same() -> None:
    pixelated = made(Pixelation(3), photos()[:, :, :, :31])
    assert len(torch.unique(pixelated[0, 0])) <= 9
    assert torch.equal(made(Pixelation(64), photos()), photos())


def test_a_box_hides_its_inside_and_nothing_else() -> None:
    boxed = made(FaceBox(0.5), photos())
    assert not boxed[:, :, 8:24, 8:24].any()
    hidden = torch.zeros(32, 32, dtype=torch.bool)
    hidden[8:24, 8:24] = True
    assert torch.equal(boxed[:, :, ~hidden], photos()[:, :, ~hidden])
    assert not made(FaceBox(1.0), photos()).any()


def test_a_bar_lies_over_the_eyes() -> None:
    barred = made(EyeBar(), photos())
    assert not barred[:, :, 12:18, 4:28].any()
    assert torch.equal(barred[:, :, 20:], photos()[:, :, 20:])
    with pytest.raises(UsageError, match="ends before it begins"):
        EyeBar(0.6, 0.5)


def test_averages_are_of_at_least_k_photos_each_used_once() -> None:
    averaged = made(KSamePhotos(5), photos(13))
    distinct, counts = torch.unique(averaged.flatten(1), dim=0, return_counts=True)
    assert sorted(counts.tolist()) == [5, 8]
    for mean in distinct:
        group = photos(13)[(averaged.flatten(1) == mean).all(1)]
        assert (group.flatten(1).mean(0) - mean).abs().max() <= 0.5


def test_contours_are_lines_and_as_many_in_dark_as_in_bright_photos() -> None:
    drawn = made(Contours(0.1), torch.cat([photos(), photos() / 4]))
    assert set(torch.unique(drawn).tolist()) == {0.0, 255.0}
    assert ((drawn > 0).float().mean((1, 2, 3)) - 0.1).abs().max() < 0.03
    assert not made(Contours(), torch.full((1, 3, 32, 32), 90.0)).any()


@pytest.mark.parametrize("recipe", PHOTO_TOOLS, ids=lambda recipe: recipe.name)
def test_what_has_no_key_is_graded_on_the_person_without_being_told(recipe: object) -> None:
    arm = ArmSpec(name="arm", recipe=recipe.name)  # type: ignore[attr-defined]
    assert protects(arm)
    assert promises(arm) == ["person"]
    assert not protects(ArmSpec(name="arm", recipe="none"))
