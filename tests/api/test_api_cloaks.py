"""Cloaking one photo from Python: a path, a PIL image or an array in, the same with cloaked faces out."""

import pickle
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from test_owner_issuing import KEYS, masknet_file

from masquerade.api import cloaks
from masquerade.api.cloaks import MaskNet
from masquerade.cli.app import run
from masquerade.cloaking.worth import worth
from masquerade.errors import ModelError, PhotoRejected, UsageError
from masquerade.masknets import write_masknet
from photo_examples import scene

cloak = partial(cloaks.cloak, method="one-pass")


@pytest.fixture(scope="module")
def masknet(tmp_path_factory: pytest.TempPathFactory) -> MaskNet:
    folder = tmp_path_factory.mktemp("masknet")
    assert run(["key", "new", str(folder / "a.key")]) == 0
    assert run(["masknet", "new", "-k", str(folder / "a.key"), "-o", str(folder / "a.masknet")]) == 0
    return MaskNet.load(folder / "a.masknet")


def test_every_container_comes_back_with_the_same_pixels(masknet: MaskNet, tmp_path: Path) -> None:
    picture = scene([(60, 30, 120)], (300, 200))
    pixels = np.asarray(picture)
    first = cloak(picture, masknet)
    assert isinstance(first.image, Image.Image)
    assert (first.faces, first.image.mode, first.image.size) == (1, "RGB", (300, 200))
    assert first.ssim is not None
    assert 0.7 < first.ssim < 1
    assert first.worth.startswith(str(worth("one-pass")))
    expected = np.array(first.image)
    assert 0 < np.abs(expected.astype(int) - pixels).max() <= 15
    picture.save(tmp_path / "photo.png")
    assert (np.asarray(cloak(tmp_path / "photo.png", masknet).image) == expected).all()
    assert (cloak(pixels, masknet).image == expected).all()
    assert (cloak(pixels.transpose(2, 0, 1), masknet).image == expected.transpose(2, 0, 1)).all()
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
    assert torch.equal(cloak(tensor, masknet).image, torch.from_numpy(expected).permute(2, 0, 1))
    assert (np.asarray(picture) == pixels).all()


def test_floats_of_either_scale_come_back_on_it(masknet: MaskNet) -> None:
    pixels = np.asarray(scene([(60, 30, 120)], (300, 200)))
    expected = cloak(pixels, masknet).image
    whole = cloak(pixels.astype(np.float32), masknet).image
    assert whole.dtype == np.float32
    assert (whole == expected).all()
    shares = cloak(pixels / 255, masknet, scale="0-1").image
    assert shares.dtype == np.float64
    assert np.abs(shares * 255 - expected).max() < 1e-3
    assert shares.max() <= 1


def test_it_is_the_cloak_of_the_command(masknet: MaskNet, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    scene([(60, 30, 120)], (300, 200)).save(tmp_path / "in" / "photo.png")
    assert (
        run(
            [
                "cloak",
                str(tmp_path / "in"),
                "-o",
                str(tmp_path / "out"),
                "-m",
                str(masknet.path),
                "--method",
                "one-pass",
            ]
        )
        == 0
    )
    ours = cloak(tmp_path / "in" / "photo.png", masknet)
    assert (np.asarray(Image.open(tmp_path / "out" / "photo.png")) == np.asarray(ours.image)).all()


def test_grey_and_transparent_photos_stay_so(masknet: MaskNet) -> None:
    grey = scene([(60, 30, 120)], (300, 200), mode="L")
    found = cloak(grey, masknet)
    assert found.image.mode == "L"
    assert (cloak(np.asarray(grey), masknet).image == np.asarray(found.image)).all()
    seen_through = scene([(60, 30, 120)], (300, 200))
    seen_through.putalpha(100)
    assert set(np.asarray(cloak(seen_through, masknet).image)[:, :, 3].flat) == {100}


def test_a_turned_photo_comes_back_upright(masknet: MaskNet, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    scene([(60, 30, 120)], (300, 200)).rotate(90, expand=True).save(tmp_path / "p.jpg", exif=exif, quality=95)
    of_path = cloak(tmp_path / "p.jpg", masknet)
    assert of_path.image.size == (300, 200)
    with Image.open(tmp_path / "p.jpg") as opened:
        assert (np.asarray(cloak(opened, masknet).image) == np.asarray(of_path.image)).all()


def test_strength_and_method_are_the_callers(masknet: MaskNet) -> None:
    picture = scene([(60, 30, 120)], (300, 200))
    weak, strong = cloak(picture, masknet, strength=0.3), cloak(picture, masknet, strength=1)
    assert weak.ssim is not None
    assert strong.ssim is not None
    assert weak.ssim > strong.ssim
    with pytest.raises(UsageError, match="one-pass"):
        cloak(picture, masknet, method="two-pass")
    with pytest.raises(UsageError, match="strength"):
        cloak(picture, masknet, strength=3)


def test_a_photo_without_a_face_does_not_pass_for_cloaked(masknet: MaskNet) -> None:
    empty = np.full((80, 80, 3), 90, np.uint8)
    with pytest.raises(PhotoRejected, match="no-face"):
        cloak(empty, masknet)
    copied = cloak(empty, masknet, on_no_face="copy")
    assert (copied.faces, copied.ssim) == (0, None)
    assert (copied.image == empty).all()
    assert cloak(empty, masknet, on_no_face="whole-image").faces == 1
    with pytest.raises(UsageError, match="on_no_face"):
        cloak(empty, masknet, on_no_face="skip")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("photo", "words"),
    [
        (np.zeros((8, 8, 3)), r"shape \(8, 8, 3\), float64, 0 to 0 in photo.*scale="),
        (torch.rand(3, 8, 8), r"shape \(3, 8, 8\), float32, 0.* to 0.* in photo"),
        (np.zeros((2, 3, 8, 8), np.uint8), r"more than one photo: 2 of \(3, 8, 8\) in photo.*one by one"),
        (Image.new("CMYK", (8, 8)), "mode CMYK"),
        (7, "not a photo: int"),
    ],
)
def test_what_is_wrong_with_a_photo_is_named(masknet: MaskNet, photo: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        cloak(photo, masknet)


def test_a_path_that_is_no_photo_is_turned_away(masknet: MaskNet, tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_text("dear")
    with pytest.raises(PhotoRejected, match=r"letter\.jpg"):
        cloak(tmp_path / "letter.jpg", masknet)
    with pytest.raises(UsageError, match="not a MaskNet"):
        cloak(tmp_path / "letter.jpg", "a.masknet")  # type: ignore[arg-type]


def test_a_pickled_masknet_is_a_path_and_refuses_another_file(tmp_path: Path) -> None:
    path = tmp_path / "a.masknet"
    write_masknet(path, masknet_file())
    masknet = MaskNet.load(path)
    pickled = pickle.dumps(masknet)
    assert len(pickled) < 500
    again = pickle.loads(pickled)  # noqa: S301
    assert (again.digest, again.card) == (masknet.digest, masknet.card)
    assert repr(masknet) == f"MaskNet({str(path)!r})"
    write_masknet(path, masknet_file(KEYS[1]), overwrite=True)
    with pytest.raises(ModelError, match="another MaskNet"):
        pickle.loads(pickled)  # noqa: S301
