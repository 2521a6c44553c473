"""A person's photos cloaked: what changes, what stays, and what happens to photos that cannot be cloaked."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from failing_disk import Counted
from masquerade.data import builtin
from masquerade.data.picture import open_picture
from masquerade.data.rejection import Rejection
from masquerade.errors import JobBusy, PhotoRejected, UsageError, WriteFailed
from masquerade.files import durable
from masquerade.owner import cloaking
from masquerade.owner import photo_cloak as photo_cloak_module
from masquerade.owner.cloak_ledger import CloakLedger
from masquerade.owner.cloak_methods import BOUND, METHODS, face_cloak
from masquerade.owner.cloaking import CloakSummary, cloak_folder
from masquerade.owner.photo_cloak import Appearance, CloakedPhoto
from masquerade.owner.records import Records
from masquerade.released.lock import only_writer
from photo_examples import ONE, canvas, encoded, keyed, photo_cloak, photo_folder, scene

GPS, ORIENTATION = 0x8825, 0x0112


def cloaked(data: bytes, appearance: Appearance | None = None) -> CloakedPhoto:
    return photo_cloak(appearance)(open_picture(data, "a photo"), "a photo")


def pixels(data: bytes | None) -> np.ndarray:
    assert data is not None
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


def job(
    photos: Path, out: Path, records: Path, appearance: Appearance | None = None, **options: object
) -> CloakSummary:
    settings = {"appearance": repr(appearance)}
    return cloak_folder(
        photos,
        out,
        photo_cloak(appearance),
        Records(records),
        settings,
        workers=2,
        **options,  # type: ignore[arg-type]
    )


def reasons(summary: CloakSummary) -> dict[str, str]:
    return {failure.photo: failure.error.problem for failure in summary.failures}


# One photo


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
    assert b"2024" not in (result.data or b"")
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


# A folder


def test_a_folder_comes_out_with_the_same_names_and_formats_and_stays_as_it_was(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    names = {"Ümit & co/a b.JPG": "JPEG", "x.png": "PNG", "deep/er/est/\udcff.webp": "WEBP", "y.bmp": "BMP"}
    for name, kind in names.items():
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(encoded(scene(), kind))
    (photos / "notes.txt").write_text("no photo")
    (photos / "link.jpg").symlink_to(photos / "x.png")
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in photos.rglob("*") if path.is_file()
    }
    told: list[tuple[int, int]] = []
    summary = job(photos, tmp_path / "out", tmp_path / "r", progress=lambda *done: told.append(done))
    assert (summary.cloaked, summary.photos, summary.faces, summary.failures) == (4, 4, 4, ())
    assert told[-1] == (4, 4)
    assert summary.ssim_worst is not None
    assert summary.ssim_median is not None
    assert summary.ssim_worst <= summary.ssim_median < 1
    assert len(summary.notices) == 2
    written = {
        os.path.relpath(path, tmp_path / "out") for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    assert written == set(names)
    for name, kind in names.items():
        assert Image.open(io.BytesIO((tmp_path / "out" / name).read_bytes())).format == kind
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before}


def test_one_photo_goes_into_a_folder(tmp_path: Path) -> None:
    (tmp_path / "me.png").write_bytes(encoded(scene()))
    assert job(tmp_path / "me.png", tmp_path / "out", tmp_path / "r").cloaked == 1
    assert (tmp_path / "out" / "me.png").exists()
    with pytest.raises(UsageError, match="one folder"):
        job(tmp_path / "me.png", tmp_path, tmp_path / "r", overwrite=True)


def bad_photos(root: Path) -> dict[str, str]:
    """Photos that cannot be cloaked, and why not."""
    deep = Image.fromarray(np.arange(4800, dtype=np.uint16).reshape(60, 80))
    moving = io.BytesIO()
    scene().save(moving, "PNG", save_all=True, append_images=[canvas(160, 120)])
    bad = {
        "text.jpg": (b"not a picture", Rejection.NOT_AN_IMAGE),
        "empty.png": (b"", Rejection.EMPTY_FILE),
        "cut.jpg": (encoded(scene(), "JPEG")[:900], Rejection.TRUNCATED),
        "deep.png": (encoded(deep), Rejection.UNSUPPORTED_FORMAT),
        "moving.png": (moving.getvalue(), Rejection.SEVERAL_FRAMES),
    }
    for name, (data, _) in bad.items():
        (root / name).write_bytes(data)
    return {name: str(reason) for name, (_, reason) in bad.items()}


def test_bad_photos_are_told_once_and_the_rest_is_done(tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos", 3)
    expected = bad_photos(photos)
    (photos / "view.png").write_bytes(encoded(canvas(80, 60)))
    summary = job(photos, tmp_path / "out", tmp_path / "r")
    assert reasons(summary) == expected
    assert (summary.cloaked, summary.skipped) == (3, ("view.png",))
    assert dict(summary.faces_by_photo) == {f"trip 0/a/photo-00{n}.jpg": 1 for n in range(3)} | {
        "view.png": 0
    }
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == 3


def test_a_job_that_is_called_again_does_only_what_is_left(tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos", 5)
    (photos / "view.png").write_bytes(encoded(canvas(80, 60)))
    first = job(photos, tmp_path / "out", tmp_path / "r")
    again = job(photos, tmp_path / "out", tmp_path / "r")
    assert (first.worked, again.worked) == (6, 0)
    assert (again.cloaked, again.faces, again.ssim_worst) == (5, first.faces, first.ssim_worst)
    assert again.faces_by_photo == first.faces_by_photo
    out, *_ = sorted((tmp_path / "out").rglob("*.jpg"))
    data = out.read_bytes()
    out.unlink()
    changed = sorted(photos.rglob("*.jpg"))[-1]
    changed.write_bytes(encoded(scene(first=333), "JPEG"))
    assert job(photos, tmp_path / "out", tmp_path / "r").worked == 2
    assert out.read_bytes() == data


def test_what_others_have_written_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    photos, out = photo_folder(tmp_path / "photos", 2), tmp_path / "out"
    (out / "trip 0" / "a").mkdir(parents=True)
    theirs = out / "trip 0" / "a" / "photo-001.jpg"
    theirs.write_bytes(b"precious")
    summary = job(photos, out, tmp_path / "r")
    assert reasons(summary) == {"trip 0/a/photo-001.jpg": "a file is there already"}
    assert theirs.read_bytes() == b"precious"
    assert job(photos, out, tmp_path / "r", overwrite=True).worked == 1
    assert theirs.read_bytes().startswith(b"\xff\xd8")
    other = job(photos, out, tmp_path / "r", Appearance(strength=0.5))
    assert len(other.failures) == 2  # another cloak is another job


def test_photos_are_safe_from_the_output(tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos", 1)
    for out in (photos, photos / "out", tmp_path):
        with pytest.raises(UsageError, match="one folder"):
            job(photos, out, tmp_path / "r", overwrite=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "trip 0").symlink_to(photos / "trip 0")
    before = (photos / "trip 0/a/photo-000.jpg").read_bytes()
    summary = job(photos, tmp_path / "out", tmp_path / "r", overwrite=True)
    assert reasons(summary) == {"trip 0/a/photo-000.jpg": "the output leads back into the photos"}
    assert (photos / "trip 0/a/photo-000.jpg").read_bytes() == before


def failing(step: str, number: int, code: int) -> Callable[[str], None]:
    """A disk that refuses a step from its n-th time on."""
    seen = 0

    def before(name: str) -> None:
        nonlocal seen
        seen += name == step
        if name == step and seen >= number:
            raise OSError(code, os.strerror(code))

    return before


@pytest.mark.parametrize(
    ("step", "code"), [("write", errno.ENOSPC), ("open", errno.EROFS), ("link", errno.EIO)]
)
def test_a_disk_that_is_full_or_closed_stops_the_job_and_loses_nothing(
    step: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = photo_folder(tmp_path / "photos", 4)
    monkeypatch.setattr(durable, "os", Counted(failing(step, 4, code)))
    with pytest.raises(WriteFailed, match=os.strerror(code)):
        job(photos, tmp_path / "out", tmp_path / "r")
    monkeypatch.undo()
    for path in (tmp_path / "out").rglob("*.jpg"):
        assert pixels(path.read_bytes()).shape == (120, 160, 3)
    summary = job(photos, tmp_path / "out", tmp_path / "r")
    assert summary.cloaked == 4
    assert 0 < summary.worked < 4


def test_the_longest_name_there_can_be_is_written(tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos", 2)
    (photos / ("n" * 251 + ".png")).write_bytes(encoded(scene()))
    summary = job(photos, tmp_path / "out", tmp_path / "r")
    assert not summary.failures
    assert summary.cloaked == 3


def test_a_photo_that_vanishes_and_a_decoder_that_fails_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = photo_folder(tmp_path / "photos", 2)
    (photos / "gone.jpg").mkfifo() if hasattr(Path, "mkfifo") else os.mkfifo(photos / "gone.jpg")
    monkeypatch.setattr(photo_cloak_module, "_similar", lambda *_: 1 / 0)
    summary = job(photos, tmp_path / "out", tmp_path / "r")
    assert reasons(summary)["gone.jpg"] == Rejection.NOT_A_FILE
    assert set(reasons(summary).values()) == {str(Rejection.NOT_A_FILE), str(Rejection.DECODER_FAILURE)}


def test_one_job_at_a_time(tmp_path: Path) -> None:
    photos, out = photo_folder(tmp_path / "photos", 1), tmp_path / "out"
    out.mkdir()
    with only_writer(out, tmp_path / "other.lock"), pytest.raises(JobBusy):
        job(photos, out, tmp_path / "r")


def test_a_damaged_ledger_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 500)
    with pytest.raises(UsageError, match="damaged"):
        CloakLedger(path)


def test_nowhere_and_nothing_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such photo or folder"):
        job(tmp_path / "nowhere", tmp_path / "out", tmp_path / "r")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no photos found"):
        job(tmp_path / "empty", tmp_path / "out", tmp_path / "r")


def test_an_unknown_method_is_refused() -> None:
    from test_owner_issuing import masknet_file

    with pytest.raises(UsageError, match="no such way of cloaking"):
        face_cloak(masknet_file(), "magic")
    assert face_cloak(masknet_file(), "optimised").shape == (3, 48, 48)


def test_the_cloak_of_these_tests_is_one_that_changes_faces() -> None:
    assert keyed().shape == (3, 48, 48)
    assert ONE


@pytest.mark.parametrize("method", METHODS)
def test_every_method_cloaks_a_face_within_its_bound(method: str) -> None:
    from test_owner_issuing import masknet_file

    face = builtin.orl(48, 48).images[:1].expand(-1, 3, -1, -1).contiguous()
    changed = face_cloak(masknet_file(), method)(face) - face.float()
    assert 1 < changed.abs().mean() < BOUND
    assert changed.abs().max() <= BOUND


def test_too_little_memory_is_named_before_a_library_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = photo_folder(tmp_path / "photos", 1)
    monkeypatch.setattr(cloaking.resource, "getrlimit", lambda _: (1_200_000_000, -1))
    with pytest.raises(UsageError, match=r"too little memory.*1,200 MB in `ulimit -v`.*1,400 MB"):
        job(photos, tmp_path / "out", tmp_path / "r")
    monkeypatch.setattr(cloaking.resource, "getrlimit", lambda _: (-1, -1))
    assert job(photos, tmp_path / "out", tmp_path / "r").cloaked == 1
