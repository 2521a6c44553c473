"""One photo cloaked: what changes, what stays, and how each method does it."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from masquerade.cloaking import photo_cloak as photo_cloak_module
from masquerade.cloaking.methods import BOUND, WITH_MASKNET, face_cloak
from masquerade.cloaking.photo_cloak import Appearance, CloakedPhoto
from masquerade.data import builtin
from masquerade.data.picture import open_picture
from masquerade.data.rejection import Rejection
from masquerade.errors import PhotoRejected, UsageError
from photo_examples import ONE, canvas, encoded, keyed, photo_cloak, scene

GPS, ORIENTATION = 0x8825, 0x0112


def cloaked(data: bytes, appearance: Appearance | None = None) -> CloakedPhoto:
    return photo_cloak(appearance)(open_picture(data, "a photo"), "a photo")


def pixels(data: bytes | None) -> np.ndarray:
    assert data is not None
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_face_is_cloaked_where_it_is_whichever_way_the_photo_lies(turns: int) -> None:
    picture = scene([(60, 30, 120)], (300, 200))
    places = []
    for turn in (0, turns):
        result = cloaked(encoded(picture.rotate(90 * turn, expand=True)))
        assert result.faces == 1
        back = np.rot90(pixels(result.data), -turn)
        places.append(np.abs(back - np.asarray(picture)).max(axis=2) > 0)
    upright, turned = places
    assert (upright & turned).sum() > 0.75 * (upright | turned).sum()


def test_faces_change_a_little_and_the_rest_not_at_all() -> None:
    spots = [(20, 30, 90), (220, 120, 40)]
    before, result = encoded(scene(spots, (300, 200))), cloaked(encoded(scene(spots, (300, 200))))
    change = np.abs(pixels(result.data) - pixels(before)).max(axis=2)
    assert (result.outcome, result.faces) == ("cloaked", 2)
    assert change.max() <= 15
    for left, top, height in spots:
        assert change[top : top + height, left : left + height].mean() > 0.5
        change[max(0, top - 15) : top + height + 30, max(0, left - 30) : left + height + 30] = 0
    assert change.max() == 0
    assert result.ssim is not None
    assert 0.7 < result.ssim < 1


def test_the_edge_of_a_cloak_is_soft() -> None:
    window = photo_cloak_module._window(112)[:, :, 0]
    assert window[56, 56] == 1
    assert window[0].max() < 0.02
    assert np.abs(np.diff(window, axis=0)).max() < 0.25


def test_the_same_photo_has_the_same_cloak_and_a_wrong_key_another() -> None:
    data = encoded(scene())
    assert cloaked(data).data == cloaked(data).data


@pytest.mark.parametrize(("mode", "kind"), [("L", "JPEG"), ("L", "PNG"), ("LA", "PNG")])
def test_grey_photos_stay_grey(mode: str, kind: str) -> None:
    data = encoded(scene(mode=mode), kind)
    result = cloaked(data)
    assert Image.open(io.BytesIO(result.data or b"")).mode == mode
    assert np.abs(pixels(result.data) - pixels(data)).max() > 3


def test_grey_in_three_channels_stays_grey_too() -> None:
    result = pixels(cloaked(encoded(scene(mode="L").convert("RGB"))).data)
    assert (result == result[:, :, :1]).all()


def test_a_photo_on_its_side_is_cloaked_as_the_upright_one() -> None:
    upright = scene([(40, 20, 130)], (240, 200))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    lying = encoded(upright.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    result = cloaked(lying)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(result.data or b"")))
    straight = pixels(cloaked(encoded(upright)).data)
    assert Image.open(io.BytesIO(result.data or b"")).size == (200, 240)
    assert np.array_equal(np.asarray(shown), straight)


def test_place_and_time_go() -> None:
    exif = Image.Exif()
    exif[0x0132] = "2024:01:02 03:04:05"
    exif.get_ifd(GPS)[2] = (50.0, 7.0, 7.0)
    result = cloaked(encoded(scene(), "JPEG", exif=exif))
    assert b"2024:01:02" not in (result.data or b"")
    assert not Image.open(io.BytesIO(result.data or b"")).getexif().get_ifd(GPS)


def test_half_the_strength_is_half_the_change_and_is_more_alike() -> None:
    data = encoded(scene())
    full, half = (cloaked(data, Appearance(strength)) for strength in (1.0, 0.5))
    changes = [np.abs(pixels(each.data) - pixels(data)).mean() for each in (full, half)]
    assert changes[1] == pytest.approx(changes[0] / 2, rel=0.25)
    assert (full.ssim or 0) < (half.ssim or 0)


def test_faces_of_twenty_pixels_and_of_a_crowd_are_cloaked() -> None:
    assert cloaked(encoded(scene([(30, 30, 26)], (120, 90)))).faces == 1
    spots = [(4 + 40 * (n % 10), 4 + 46 * (n // 10), 40) for n in range(100)]
    assert cloaked(encoded(scene(spots, (410, 470)))).faces >= 95


def test_the_change_of_a_small_face_does_not_cancel() -> None:
    changes = np.random.default_rng(0).choice([-10.0, 10.0], (112, 112, 3)).astype(np.float32)
    back = np.array([[3.0, 0, 1], [0, 3, 1]])
    averaged = photo_cloak_module.resample(changes, back, 37, 37, edge=False)
    brought = photo_cloak_module._brought(changes, back, 37, 37)
    assert np.abs(averaged).mean() < 4
    assert np.abs(brought).mean() > 8
    same = photo_cloak_module._brought(changes, np.array([[1.0, 0, 0], [0, 1, 0]]), 112, 112)
    assert np.array_equal(same, changes)


def test_neighbours_whose_squares_overlap_stay_within_the_bound() -> None:
    data = encoded(scene([(20, 10, 90), (80, 10, 90)], (200, 120)))
    result = cloaked(data)
    assert result.faces == 2
    assert np.abs(pixels(result.data) - pixels(data)).max() <= 15


def test_more_faces_than_are_told_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo_cloak_module, "MOST", 1)
    with pytest.raises(PhotoRejected) as caught:
        cloaked(encoded(scene([(20, 30, 90), (220, 120, 40)], (300, 200))))
    assert caught.value.rejection == Rejection.TOO_MANY_FACES


def test_below_the_floor_a_photo_is_refused_by_name() -> None:
    with pytest.raises(PhotoRejected) as caught:
        cloaked(encoded(scene()), Appearance(min_ssim=0.999))
    assert caught.value.rejection == Rejection.POOR_QUALITY
    assert "< 0.999" in str(caught.value)


def test_photos_without_a_face_are_treated_as_asked() -> None:
    data = encoded(canvas(120, 80), "JPEG")
    assert cloaked(data) == CloakedPhoto("skipped", None, 0, None)
    copied = cloaked(data, Appearance(no_face="copy"))
    assert copied.outcome == "copied"
    assert np.array_equal(pixels(copied.data), pixels(data))
    whole = cloaked(data, Appearance(no_face="whole-image", min_ssim=0))
    assert (whole.outcome, whole.faces) == ("cloaked", 1)
    assert np.abs(pixels(whole.data) - pixels(data)).mean() > 0.5
    with pytest.raises(PhotoRejected) as caught:
        cloaked(data, Appearance(no_face="fail"))
    assert caught.value.rejection == Rejection.NO_FACE


@pytest.mark.parametrize("bad", [{"strength": 0}, {"strength": 2.1}, {"min_ssim": -0.1}, {"min_ssim": 1.1}])
def test_numbers_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Appearance(**bad)


def test_an_unknown_method_is_refused() -> None:
    from test_owner_issuing import masknet_file

    with pytest.raises(UsageError, match="no such way of cloaking"):
        face_cloak(masknet_file(), "magic")
    assert face_cloak(masknet_file(), "optimised").shape == (3, 48, 48)


def test_the_cloak_of_these_tests_is_one_that_changes_faces() -> None:
    assert keyed().shape == (3, 48, 48)
    assert ONE


@pytest.mark.parametrize("method", WITH_MASKNET)
def test_every_method_cloaks_a_face_within_its_bound(method: str) -> None:
    from test_owner_issuing import masknet_file

    face = builtin.orl(48, 48).images[:1].expand(-1, 3, -1, -1).contiguous()
    changed = face_cloak(masknet_file(), method)(face) - face.float()
    assert 1 < changed.abs().mean() < BOUND
    assert changed.abs().max() <= BOUND


def test_pixels_are_cloaked_as_the_file_that_holds_them() -> None:
    picture = scene([(60, 30, 120)], (300, 200))
    result = photo_cloak().on_pixels(np.asarray(picture), "an array")
    of_file = cloaked(encoded(picture))
    assert (result.faces, result.ssim) == (of_file.faces, of_file.ssim)
    assert (result.pixels == pixels(of_file.data)).all()
    empty = np.full((64, 64, 3), 90, np.uint8)
    assert photo_cloak().on_pixels(empty, "an array").faces == 0
    with pytest.raises(PhotoRejected, match="no-face"):
        photo_cloak(Appearance(no_face="fail")).on_pixels(empty, "an array")
