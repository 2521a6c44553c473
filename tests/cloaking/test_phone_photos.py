"""Photos as phones make them, cloaked: what they come out as, what is kept, and what is said to be lost."""

import importlib.util
import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from container_examples import CANARY, inserted, segment
from heic_examples import display_p3, heic, with_properties
from masquerade.cloaking.folder import CloakSummary, cloak_folder
from masquerade.data import containers
from masquerade.data.containers import take_apart
from masquerade.data.containers.boxes import box
from masquerade.data.intake import MAX_BYTES
from masquerade.owner.records import Records
from photo_examples import canvas, encoded, faces, photo_cloak, scene

XMP = b"http://ns.adobe.com/xap/1.0/\0"


def job(photos: Path, out: Path) -> CloakSummary:
    return cloak_folder(photos, out, photo_cloak(), Records(out.parent / "records"), {}, workers=1)


def announced(photo: bytes, words: bytes) -> bytes:
    """A JPEG whose XMP says more than its picture."""
    return inserted(photo, 2, segment(0xE1, XMP + b"<x:xmpmeta " + words + b" " + CANARY + b"/>"))


def video(size: int) -> bytes:
    return box(b"ftyp", b"mp42", bytes(4)) + box(b"mdat", CANARY * (size // len(CANARY)))


def mpo() -> bytes:
    file = io.BytesIO()
    scene().save(file, "MPO", save_all=True, append_images=[scene(first=70)])
    return file.getvalue()


def phone_photos() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x010F], exif.get_ifd(0x8825)[1] = CANARY.decode(), "N"
    jpeg = encoded(scene(), "JPEG", quality=92, icc_profile=display_p3(), exif=exif.tobytes())
    whole = {"icc_profile": display_p3(), "exif": exif.tobytes(), "xmp": CANARY}
    return {
        "display p3.heic": heic(scene(), **whole),
        "on its side.HEIC": with_properties(heic(scene().rotate(90, expand=True)), box(b"irot", b"\3")),
        "tiles.heif": heic(scene(size=(600, 400), spots=[(60, 40, 200)]), tile_size=128, **whole),
        "several.jpg": mpo(),
        "motion.jpg": announced(jpeg, b'GCamera:MotionPhoto="1"') + video(100_000),
        "motion.heic": heic(scene(), **whole) + box(b"mpvd", video(100_000)),
        "hdr.jpg": announced(jpeg, b'hdrgm:Version="1.0"') + encoded(canvas(40, 30), "JPEG"),
        "progressive.jpg": encoded(scene(), "JPEG", progressive=True, icc_profile=display_p3()),
    }


PHOTOS = phone_photos()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CloakSummary]:
    root = tmp_path_factory.mktemp("phone")
    (root / "photos").mkdir()
    for name, data in PHOTOS.items():
        (root / "photos" / name).write_bytes(data)
    return root / "out", job(root / "photos", root / "out")


def pixels(data: bytes) -> np.ndarray:
    if take_apart(data).format == "HEIC":
        return np.asarray(pillow_heif.open_heif(data).to_pillow()).astype(int)
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


@pytest.mark.parametrize("name", PHOTOS)
def test_each_comes_out_cloaked_under_its_name_in_its_format_and_with_its_colours(
    name: str, done: tuple[Path, CloakSummary]
) -> None:
    out, summary = done
    before, after = PHOTOS[name], (out / name).read_bytes()
    assert not summary.failures
    assert dict(summary.faces_by_photo)[name] == 1
    first, second = take_apart(before), take_apart(after)
    assert (first.format, first.orientation) == (second.format, second.orientation)
    assert (first.width, first.height) == (second.width, second.height)
    assert (
        (display_p3() in before)
        == (display_p3() in after)
        == (display_p3() in b"".join(map(_last, second.marks)))
    )
    change = np.abs(pixels(after) - pixels(before)).max(axis=2)
    assert change.max() > 3
    assert np.median(change) <= 2
    assert CANARY not in after
    assert second.left_behind == ()
    assert len(after) < len(before) + 200_000


def _last(mark: tuple[bytes, bytes]) -> bytes:
    return mark[1][2:] if mark[0] == b"ICC_PROFILE\0" else mark[1]


def test_what_is_lost_is_said_and_on_which(done: tuple[Path, CloakSummary]) -> None:
    assert [each for each in done[1].notices if each.startswith("not in")] == [
        "not in what was written, further pictures: several.jpg",
        "not in what was written, gain map: hdr.jpg",
        "not in what was written, video: motion.heic, motion.jpg",
    ]


def test_without_pillow_heif_only_heic_is_not_cloaked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(containers, "find_spec", lambda name: None if name == "pillow_heif" else real(name))
    (tmp_path / "photos").mkdir()
    for name in ("display p3.heic", "progressive.jpg"):
        (tmp_path / "photos" / name).write_bytes(PHOTOS[name])
    summary = job(tmp_path / "photos", tmp_path / "out")
    assert [failure.photo for failure in summary.failures] == ["display p3.heic"]
    assert "save it as JPEG" in str(summary.failures[0].error)
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_file()] == ["progressive.jpg"]


@pytest.mark.parametrize(("width", "height", "behind"), [(8064, 6048, 0), (8192, 6144, 22_000_000)])
def test_48_and_50_megapixels_and_more_than_20_mb_are_cloaked(
    width: int, height: int, behind: int, tmp_path: Path
) -> None:
    picture = Image.new("RGB", (width, height), (120, 130, 140))
    face = Image.fromarray(faces()[0]).resize((1840, 2240), Image.Resampling.BICUBIC)
    picture.paste(face.convert("RGB"), (3000, 1500))
    (tmp_path / "photos").mkdir()
    data = encoded(picture, "JPEG", quality=85) + video(behind)
    assert behind < len(data) < MAX_BYTES
    (tmp_path / "photos" / "large.jpg").write_bytes(data)
    summary = job(tmp_path / "photos", tmp_path / "out")
    assert (summary.cloaked, summary.faces, summary.failures) == (1, 1, ())
    after = (tmp_path / "out" / "large.jpg").read_bytes()
    assert Image.open(io.BytesIO(after)).size == (width, height)
    assert len(after) < len(data) - behind + 1_000_000
    assert CANARY not in after
