"""Folders of photos cloaked: what is written, what is left alone, and photos that cannot be cloaked."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from failing_disk import Counted
from masquerade.cloaking import folder as cloaking
from masquerade.cloaking import photo_cloak as photo_cloak_module
from masquerade.cloaking.folder import CloakSummary, cloak_folder
from masquerade.cloaking.ledger import CloakLedger
from masquerade.cloaking.photo_cloak import Appearance, CloakedPhoto
from masquerade.data.picture import open_picture
from masquerade.data.rejection import Rejection
from masquerade.errors import JobBusy, UsageError, WriteFailed
from masquerade.files import durable
from masquerade.owner.records import Records
from masquerade.released.lock import only_writer
from photo_examples import canvas, encoded, photo_cloak, photo_folder, scene

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


def test_too_little_memory_is_named_before_a_library_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = photo_folder(tmp_path / "photos", 1)
    monkeypatch.setattr(cloaking.resource, "getrlimit", lambda _: (1_200_000_000, -1))
    with pytest.raises(UsageError, match=r"too little memory.*1,200 MB in `ulimit -v`.*1,400 MB"):
        job(photos, tmp_path / "out", tmp_path / "r")
    monkeypatch.setattr(cloaking.resource, "getrlimit", lambda _: (-1, -1))
    assert job(photos, tmp_path / "out", tmp_path / "r").cloaked == 1
