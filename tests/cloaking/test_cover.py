"""Faces that are covered instead of cloaked."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from masquerade.cli.app import run
from masquerade.cloaking.cover import COVERINGS, Cover
from masquerade.cloaking.photo_cloak import Appearance, PhotoCloak
from masquerade.errors import UsageError
from masquerade.faces.alignment import bounds, placement
from masquerade.faces.finder import FaceFinder
from photo_examples import scene

COLOURS = np.random.default_rng(0)


def photo(*faces: tuple[int, int, int], size: tuple[int, int] = (400, 260)) -> NDArray[np.uint8]:
    return np.asarray(scene(list(faces), size).convert("RGB"))


def covered(how: str, before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    found = PhotoCloak(FaceFinder(), Cover(how), Appearance()).on_pixels(before, "photo")  # type: ignore[arg-type]
    assert found.faces
    return found.pixels


@pytest.mark.parametrize("how", COVERINGS)
def test_a_covered_face_is_no_longer_found_and_the_rest_stays(how: str) -> None:
    before = photo((60, 30, 150))
    after = covered(how, before)
    assert not FaceFinder()(after)
    square = placement(FaceFinder()(before)[0])
    rows, columns = bounds(square, *before.shape[:2])
    assert not (after[rows, columns] == before[rows, columns]).all(2).all(1).any()
    assert (after[:, -80:] == before[:, -80:]).all()


@pytest.mark.parametrize("how", COVERINGS)
def test_fine_detail_of_a_large_face_is_gone(how: str) -> None:
    """A change made at 112 pixels and added would leave it: neighbours would differ as before."""
    before = photo((100, 50, 700), size=(1000, 900)).astype(np.int16)
    noisy = np.clip(before + COLOURS.integers(-20, 21, before.shape), 0, 255).astype(np.uint8)
    after = covered(how, noisy)
    rows, columns = bounds(placement(FaceFinder()(noisy)[0]), *noisy.shape[:2])
    rough = [np.abs(np.diff(each[rows, columns].astype(float), axis=1)).mean() for each in (noisy, after)]
    assert rough[0] > 10
    assert rough[1] < 1


def test_boxes_of_neighbours_do_not_uncover_each_other() -> None:
    before = photo((30, 40, 120), (130, 40, 120))
    after = covered("box", before)
    for face in FaceFinder()(before):
        rows, columns = bounds(placement(face), *before.shape[:2])
        assert not after[rows, columns].any()


def test_pixels_of_a_block_are_of_one_colour() -> None:
    before = photo((60, 30, 150))
    after = covered("pixelate", before)
    rows, columns = bounds(placement(FaceFinder()(before)[0]), *before.shape[:2])
    assert len(np.unique(after[rows, columns].reshape(-1, 3), axis=0)) <= 64


def test_no_other_way() -> None:
    with pytest.raises(UsageError, match="no such way to cover"):
        Cover("smear")  # type: ignore[arg-type]


def test_the_command_covers_a_folder_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(photo((60, 30, 150))).save(Path("photos") / name)
    assert run(["cloak", "photos", "-o", "covered", "--instead", "box"]) == 0
    first = capsys.readouterr()
    assert "one that was missed is not covered" in first.err
    assert "cloaked 2 of 2" in first.out
    assert run(["cloak", "photos", "-o", "covered", "--instead", "box"]) == 0
    assert "all were done before" in capsys.readouterr().out
    assert not FaceFinder()(np.asarray(Image.open("covered/a.png")))
    assert run(["cloak", "photos", "-o", "covered", "--instead", "blur"]) != 0
