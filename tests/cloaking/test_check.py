"""What recognisers here make of cloaked photos beside clean ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masquerade.cloaking.check import THRESHOLDS, check_folder, recognisers_here
from masquerade.cloaking.cover import Cover
from masquerade.cloaking.photo_cloak import Appearance, PhotoCloak
from masquerade.data import builtin
from masquerade.encoders.examiners import named_recogniser
from masquerade.encoders.recogniser import NAMED_RECOGNISERS, open_recogniser
from masquerade.faces.finder import FaceFinder

SFACE = 0.363


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos of each of two people, and a letter that is no photo."""
    folder = tmp_path_factory.mktemp("photos")
    faces = builtin.orl(224, 224)
    for person in (0, 1):
        for number, row in enumerate((faces.labels == person).nonzero().flatten()[:2].tolist()):
            Image.fromarray(faces.images[row, 0].numpy()).save(folder / f"{person}-{number}.png")
    (folder / "letter.png").write_text("dear")
    return folder


def test_copies_are_still_seen_and_covered_faces_are_not(photos: Path, tmp_path: Path) -> None:
    finder, sface = FaceFinder(), [(open_recogniser("sface"), SFACE, True)]
    (same,) = check_folder(photos, photos, finder, sface)
    assert same.pairs == same.still == 4
    box = PhotoCloak(finder, Cover("box"), Appearance())
    for path in photos.glob("[01]*.png"):
        pixels = np.asarray(Image.open(path))[:, :, None]
        Image.fromarray(box.on_pixels(pixels, path.name).pixels[:, :, 0]).save(tmp_path / path.name)
    told: list[tuple[int, int]] = []
    (covered,) = check_folder(photos, tmp_path, finder, sface, lambda *step: told.append(step))
    assert (covered.pairs, covered.still) == (4, 0)
    assert told[-1] == (5, 5)
    assert str(covered).startswith(
        "sface: of 4 pairs of photos that it takes for one person, it still does so for 0"
    )


def test_a_folder_without_its_copy_says_nothing(photos: Path, tmp_path: Path) -> None:
    (none,) = check_folder(photos, tmp_path, FaceFinder(), [(open_recogniser("sface"), SFACE, False)])
    assert (none.pairs, none.still) == (0, 0)
    assert "says nothing" in str(none)
    assert "not made against" in str(none)


def test_those_that_are_here_are_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MASQUERADE_RECOGNISERS", str(tmp_path))
    named_recogniser.cache_clear()  # others may have opened what is kept on this machine
    found = recognisers_here(("sface",))
    assert [(each.name, own) for each, _, own in found] == [("sface", True), ("dlib-torch", False)]
    assert all(0 < least < 1 for _, least, _ in found)
    assert all(f'"{name}"' in THRESHOLDS.read_text() for name in ("facenet", "faceres"))
    assert {"sface", "facenet"} <= set(NAMED_RECOGNISERS)
