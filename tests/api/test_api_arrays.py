"""Photos in any container: read alike, given back as they came, and refused where they could be two things."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from masquerade.api.arrays import Scale, photos, values
from masquerade.errors import UsageError

RNG = np.random.default_rng(0)
COLOUR = RNG.integers(0, 256, (5, 12, 16, 3)).astype(np.uint8)
GREY = RNG.integers(0, 256, (5, 12, 16)).astype(np.uint8)
WANTED = torch.from_numpy(np.ascontiguousarray(COLOUR.transpose(0, 3, 1, 2)))


@pytest.mark.parametrize(
    ("given", "scale"),
    [
        (COLOUR, None),
        (COLOUR.transpose(0, 3, 1, 2), None),
        (torch.from_numpy(COLOUR), None),
        (WANTED, None),
        (COLOUR.astype(np.int32), None),
        (COLOUR.astype(">i2"), None),
        (COLOUR.astype(np.float32), None),
        (COLOUR.astype(np.float64), "0-255"),
        (COLOUR.astype(np.float32) / np.float32(255), "0-1"),
        (WANTED.float() / 255, "0-1"),
        ([Image.fromarray(each) for each in COLOUR], None),
        (tuple(COLOUR), None),
        (list(WANTED), None),
    ],
)
def test_the_same_photos_are_the_same_whatever_they_come_in(given: object, scale: Scale | None) -> None:
    taken = photos(given, scale=scale)
    assert taken.images.dtype == torch.uint8
    assert torch.equal(taken.images, WANTED)


@pytest.mark.parametrize("given", [GREY, torch.from_numpy(GREY), [Image.fromarray(each) for each in GREY]])
def test_grey_photos_need_no_axis_of_channels(given: object) -> None:
    assert torch.equal(photos(given).images, torch.from_numpy(GREY)[:, None])


@pytest.mark.parametrize(
    "given", [COLOUR[0], COLOUR[0].transpose(2, 0, 1), WANTED[0], Image.fromarray(COLOUR[0])]
)
def test_one_photo_is_a_batch_of_one(given: object) -> None:
    taken = photos(given)
    assert torch.equal(taken.images, WANTED[:1])
    again = taken.back(taken.images.float(), photos=True)
    assert type(again) is type(given)
    assert np.array_equal(np.asarray(again), np.asarray(given))


def test_one_grey_photo_is_two_axes() -> None:
    taken = photos(GREY[0])
    assert taken.images.shape == (1, 1, 12, 16)
    assert taken.back(taken.images).shape == (12, 16)


@pytest.mark.parametrize("given", [COLOUR, WANTED, GREY, list(COLOUR), tuple(WANTED)])
def test_they_come_back_in_the_same_container(given: object) -> None:
    taken = photos(given)
    again = taken.back(taken.images.float())
    assert type(again) is type(given)
    assert all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(again, given, strict=True))


def test_pil_holds_photos_alone_so_that_other_values_come_as_arrays() -> None:
    taken = photos([Image.fromarray(each) for each in COLOUR])
    pictures = taken.back(taken.images + 0.3, photos=True)
    assert all(np.array_equal(np.asarray(a), b) for a, b in zip(pictures, COLOUR, strict=True))
    assert all(isinstance(each, Image.Image) for each in pictures)
    arrays = taken.back(taken.images * -3.0)
    assert all(each.shape == (12, 16, 3) for each in arrays)
    assert arrays[0].dtype == np.float32
    assert taken.back(torch.zeros(5, 768, 7, 7), photos=True)[0].shape == (7, 7, 768)


def test_feature_maps_come_back_in_the_layout_of_the_photos() -> None:
    assert photos(COLOUR).back(torch.zeros(5, 64, 4, 2)).shape == (5, 4, 2, 64)
    assert photos(GREY).back(torch.zeros(5, 64, 4, 2)).shape == (5, 64, 4, 2)


@pytest.mark.parametrize(
    ("given", "how", "words"),
    [
        (COLOUR / 255.0, {}, r"could be of either: shape \(5, 12, 16, 3\), float64, 0 to 1 in X.*scale="),
        (COLOUR / 128.0 - 1, {}, "outside their scale of 0 to 255.*-1 to"),
        (COLOUR / 100.0, {"scale": "0-1"}, "outside their scale of 0 to 1.*2.55"),
        (COLOUR.astype(np.int16) - 5, {}, "no grey levels.*int64, -5 to"),
        (COLOUR, {"scale": "0-1"}, "no grey levels.*scale 0-1"),
        (COLOUR > 5, {}, "not an array of photos.*bool"),
        (np.full((2, 4, 4, 3), np.nan), {"scale": "0-1"}, "no finite number"),
        (COLOUR, {"scale": "0-2"}, "no such scale"),
        (COLOUR, {"layout": "NWHC"}, "no such layout"),
        (np.zeros((3, 3, 3), np.uint8), {}, r"in 2 ways: shape \(3, 3, 3\).*layout=\"CHW\" or \"HWC\""),
        (np.zeros((9, 3, 8, 3), np.uint8), {}, 'in 2 ways.*layout="NCHW" or "NHWC"'),
        (
            np.zeros((9, 4, 8, 5), np.uint8),
            {},
            r"not an array of images: shape \(9, 4, 8, 5\), uint8, 0 to 0",
        ),
        (COLOUR, {"shape": (3, 32, 32)}, "not an array of images of 3 channels, 32 rows, 32 columns.*Resize"),
        (np.zeros((0, 3, 8, 8), np.uint8), {}, r"not an array of photos: shape \(0, 3, 8, 8\)"),
        ("photos", {}, "not photos: str"),
        ([], {}, "an empty list"),
        ([COLOUR[0], WANTED[0]], {}, "not a sequence of photos: Tensor, ndarray"),
        ([COLOUR[0], GREY[0]], {}, r"not of one size and kind: shape \(12, 16, 3\).*shape \(12, 16\)"),
        (Image.new("RGBA", (4, 6)), {}, r"RGBA, 4x6.*convert"),
        (np.array(["a"]), {}, "not photos: ndarray of <U1"),
    ],
)
def test_what_could_be_two_things_or_nothing_is_named(given: object, how: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        photos(given, **how)
    assert isinstance(raised.value, ValueError)


def test_what_is_wanted_settles_what_would_be_ambiguous() -> None:
    three = np.zeros((3, 12, 16), np.uint8)
    assert photos(three, shape=(3, 12, 16)).images.shape == (1, 3, 12, 16)
    assert photos(three, shape=(1, 12, 16)).images.shape == (3, 1, 12, 16)
    assert photos(np.zeros((3, 3, 3), np.uint8), layout="HWC").images.shape == (1, 3, 3, 3)


def test_released_images_have_any_range_and_a_known_shape() -> None:
    given = RNG.normal(0, 900, (4, 6, 7, 64))
    taken = values(given, (64, 6, 7))
    assert taken.images.dtype == torch.float32
    assert torch.equal(taken.images, torch.from_numpy(given).float().permute(0, 3, 1, 2))
    with pytest.raises(UsageError, match="of 64 channels, 7 rows, 7 columns"):
        values(given, (64, 7, 7))
    with pytest.raises(UsageError, match="finite"):
        values(given * np.inf, (64, 6, 7))


def test_an_array_that_cannot_be_written_to_and_half_precision_are_taken() -> None:
    fixed = COLOUR.copy()
    fixed.flags.writeable = False
    assert torch.equal(photos(fixed).images, WANTED)
    assert torch.equal(photos(COLOUR.astype(np.float16)).images, WANTED)
