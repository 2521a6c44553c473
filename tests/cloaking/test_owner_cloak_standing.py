"""What a job that cloaks takes for its own work: what has the bytes that it wrote, and nothing else."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from case_blind_disk import blind
from masquerade.cloaking.folder import CloakSummary, cloak_folder
from masquerade.cloaking.ledger import CloakLedger, Done
from masquerade.errors import UsageError, WriteFailed
from masquerade.files import durable
from masquerade.owner.records import Records
from photo_examples import encoded, photo_cloak, photo_folder, scene

KINDS = {"bmp": "BMP", "jpg": "JPEG", "png": "PNG"}


def folder(root: Path, ending: str = "bmp", count: int = 3) -> Path:
    """Photos of one size; as BMP they have one length too, before and after."""
    root.mkdir()
    for number in range(count):
        (root / f"{number}.{ending}").write_bytes(encoded(scene(first=7 * number), KINDS[ending]))
    return root


def job(photos: Path, out: Path, *, masknet: str = "A", overwrite: bool = False) -> CloakSummary:
    cloak = photo_cloak(steps=1 if masknet == "A" else 2)
    records = Records(photos.parent / "records")
    return cloak_folder(photos, out, cloak, records, {"masknet": masknet}, overwrite=overwrite, workers=1)


def contents(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(root.iterdir())}


def problems(summary: CloakSummary) -> dict[str, str]:
    return {failure.photo: failure.error.problem for failure in summary.failures}


class Cut(BaseException):
    """The process ends here."""


def stop(error: BaseException) -> Callable[..., None]:
    def step(*_: object, **__: object) -> None:
        raise error

    return step


@pytest.mark.parametrize("error", [Cut(), OSError(errno.EIO, "broken")], ids=["killed", "broken disk"])
@pytest.mark.parametrize("ending", KINDS)
def test_an_original_in_the_output_is_never_taken_for_a_cloaked_photo(
    ending: str, error: BaseException, tmp_path: Path
) -> None:
    photos = folder(tmp_path / "photos", ending)
    out = Path(shutil.copytree(photos, tmp_path / "out"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable.os, "replace", stop(error))
        with pytest.raises((Cut, WriteFailed)):
            job(photos, out, overwrite=True)
    assert contents(out).items() >= contents(photos).items()
    assert problems(job(photos, out)) == dict.fromkeys(contents(photos), "a file is there already")
    again = job(photos, out, overwrite=True)
    assert (again.cloaked, again.worked, again.failures) == (3, 3, ())
    assert not any(contents(out)[name] == data for name, data in contents(photos).items())


@pytest.mark.parametrize("ending", KINDS)
def test_another_cloak_that_replaced_this_one_is_noticed(ending: str, tmp_path: Path) -> None:
    photos, out = folder(tmp_path / "photos", ending), tmp_path / "out"
    job(photos, out)
    ours = contents(out)
    job(photos, out, masknet="B", overwrite=True)
    theirs = contents(out)
    summary = job(photos, out)
    assert summary.cloaked == 0
    assert problems(summary) == dict.fromkeys(ours, "a file is there already")
    assert contents(out) == theirs != ours
    assert job(photos, out, overwrite=True).worked == 3
    assert contents(out) == ours


@pytest.mark.parametrize("ending", KINDS)
def test_an_original_that_was_copied_over_a_cloaked_photo_is_noticed(ending: str, tmp_path: Path) -> None:
    photos, out = folder(tmp_path / "photos", ending, 2), tmp_path / "out"
    job(photos, out)
    name = f"1.{ending}"
    shutil.copy2(photos / name, out / name)
    summary = job(photos, out)
    assert (summary.cloaked, problems(summary)) == (1, {name: "a file is there already"})
    assert job(photos, out, overwrite=True).worked == 1
    assert contents(out)[name] != contents(photos)[name]


def test_a_kill_while_a_changed_photo_is_cloaked_anew_leaves_what_may_be_replaced(tmp_path: Path) -> None:
    photos, out = folder(tmp_path / "photos", count=1), tmp_path / "out"
    job(photos, out)
    (photos / "0.bmp").write_bytes(encoded(scene(first=99), "BMP"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable.os, "replace", stop(Cut()))
        with pytest.raises(Cut):
            job(photos, out)
    summary = job(photos, out)  # without --overwrite: what stands there is the job's own
    assert (summary.cloaked, summary.worked) == (1, 1)


@pytest.mark.parametrize("ending", KINDS)
def test_a_photo_that_was_replaced_with_length_and_time_kept_is_cloaked_anew(
    ending: str, tmp_path: Path
) -> None:
    photos, out = folder(tmp_path / "photos", ending, 2), tmp_path / "out"
    job(photos, out)
    path = photos / f"0.{ending}"
    about, changed = path.stat(), bytearray(path.read_bytes())
    changed[-1 if ending == "bmp" else 0] ^= 1
    path.write_bytes(changed)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (about.st_size, about.st_mtime_ns)
    assert job(photos, out).worked == 1


def test_a_photo_that_was_only_touched_or_moved_away_and_back_is_not_cloaked_anew(tmp_path: Path) -> None:
    photos, out = folder(tmp_path / "photos", count=2), tmp_path / "out"
    job(photos, out)
    (photos / "0.bmp").touch()
    shutil.copy(photos / "1.bmp", tmp_path / "1.bmp")
    (photos / "1.bmp").unlink()
    shutil.move(tmp_path / "1.bmp", photos / "1.bmp")
    assert job(photos, out).worked == 0


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    "names",
    [("IMG_1.jpg", "img_1.JPG"), ("Anna/1.jpg", "anna/1.jpg"), ("\u00e9.jpg", "e\u0301.jpg")],
    ids=["case", "folders", "accents"],
)
def test_names_that_the_disk_does_not_tell_apart_lose_no_photo(
    names: tuple[str, str], overwrite: bool, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    for number, name in enumerate((*names, "other.jpg")):
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        (photos / name).write_bytes(encoded(scene(first=9 * number), "JPEG"))
    out.mkdir()
    blind(out, monkeypatch)

    def run() -> CloakSummary:
        records = Records(tmp_path / "records")
        return cloak_folder(
            photos, out, photo_cloak(steps=1), records, {}, overwrite=overwrite, workers=workers
        )

    first, written = run(), {}
    for summary in (first, run()):
        (failure,) = summary.failures
        assert summary.cloaked == 2
        assert "the disk takes its name for that of" in failure.error.problem
        assert failure.photo in (*names, "other.jpg")
        there = {str(path): path.read_bytes() for path in out.rglob("*.[jJ][pP][gG]")}
        assert written in ({}, there)
        written = there
    assert len(written) == 2


def test_photos_are_not_their_own_output_where_case_is_not_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    photos = folder(disk / "Photos")
    before = contents(photos)
    blind(disk, monkeypatch)
    for out in (disk / "photos", disk / "PHOTOS" / "out"):
        with pytest.raises(UsageError, match="one folder"):
            cloak_folder(photos, out, photo_cloak(), Records(tmp_path / "r"), {}, overwrite=True)
    assert contents(photos) == before


def test_a_file_that_appears_in_the_last_moment_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, out = folder(tmp_path / "photos", count=1), tmp_path / "out"
    noted = CloakLedger.add

    def appears(ledger: CloakLedger, name: str, done: Done) -> None:
        (out / name).write_bytes(b"precious")
        noted(ledger, name, done)

    monkeypatch.setattr(CloakLedger, "add", appears)
    assert problems(job(photos, out)) == {"0.bmp": "the file exists already"}
    assert (out / "0.bmp").read_bytes() == b"precious"


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    photos, out = folder(tmp_path / "photos"), tmp_path / "out"
    records = Records(tmp_path / "records")

    def progress(done: int, total: int) -> None:
        (out / "2.bmp").write_bytes(b"precious")

    summary = cloak_folder(photos, out, photo_cloak(steps=1), records, {}, workers=1, progress=progress)
    assert problems(summary) == {"2.bmp": "a file is there already"}
    assert (out / "2.bmp").read_bytes() == b"precious"


@pytest.mark.parametrize("length", [250, 255])
def test_photos_with_long_names_are_cloaked(length: int, tmp_path: Path) -> None:
    photos = photo_folder(tmp_path / "photos", 1)
    long = "n" * (length - 4) + ".png"
    (photos / long).write_bytes(encoded(scene()))
    assert job(photos, tmp_path / "out").failures == ()
    with Image.open(tmp_path / "out" / long) as image:
        assert image.size == (160, 120)


def test_a_ledger_of_an_older_format_is_named(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as base:
        base.executescript("CREATE TABLE photos (name BLOB); PRAGMA user_version = 1;")
    with pytest.raises(UsageError, match="older format"):
        CloakLedger(path)
