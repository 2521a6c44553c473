"""Photos that are opened whole, changed, and written again as what they were."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

from masquerade.data.orientation import upright
from masquerade.data.picture import Picture, open_picture
from masquerade.data.rejection import Rejection
from masquerade.errors import PhotoRejected

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112
FORMATS = ("JPEG", "PNG", "WEBP", "BMP")


def scene(mode: str = "RGB", size: tuple[int, int] = (60, 44)) -> Image.Image:
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    waves = [128 + 100 * np.sin(rows / (5 + c) + columns / (7 - c)) for c in range(3)]
    return Image.fromarray(np.stack(waves, axis=2).astype(np.uint8)).convert(mode)


def photo(image: Image.Image, kind: str, orientation: int = 6, **options: object) -> bytes:
    """A file with all that a camera adds."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "Camera Works"
    exif.get_ifd(GPS)[1] = "N"
    file = io.BytesIO()
    extra = {} if kind == "BMP" else {"exif": exif.tobytes(), "icc_profile": PROFILE}
    image.save(file, kind, **extra, **options)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", FORMATS)
def test_format_orientation_and_colours_are_kept_and_all_else_is_not(kind: str) -> None:
    data = photo(scene(), kind, quality=90)
    picture = open_picture(data, "a photo")
    for written in (picture.encoded(picture.pixels), picture.unchanged()):
        image = opened(written)
        assert image.format == kind
        if kind != "BMP":
            assert image.info["icc_profile"] == PROFILE
            assert dict(image.getexif()) == {ORIENTATION: 6}
        assert b"Camera Works" not in written
        before, after = (np.asarray(each.convert("RGB"), np.int32) for each in (opened(data), image))
        assert np.abs(before - after).mean() < 3


@pytest.mark.parametrize("kind", FORMATS)
def test_a_copy_has_the_same_pixels_bit_for_bit(kind: str) -> None:
    data = photo(scene(), kind, quality=70)
    assert np.array_equal(
        np.asarray(opened(data)), np.asarray(opened(open_picture(data, "a photo").unchanged()))
    )


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("L", "JPEG")])
def test_grey_and_transparency_are_kept(mode: str, kind: str) -> None:
    image = scene(mode)
    if mode.endswith("A"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    picture = open_picture(photo(image, kind, lossless=True, quality=95), "a photo")
    changed = opened(picture.encoded(255 - picture.pixels))
    assert changed.mode == mode
    if mode.endswith("A"):
        assert np.array_equal(np.asarray(changed)[..., -1], np.asarray(image)[..., -1])
        assert np.array_equal(np.asarray(changed)[..., 0], 255 - np.asarray(image)[..., 0])


@pytest.mark.parametrize("options", [{"quality": 35}, {"quality": 98, "subsampling": 0, "progressive": True}])
def test_a_jpeg_keeps_its_tables_its_subsampling_and_its_scans(options: dict[str, int]) -> None:
    data = photo(scene(), "JPEG", **options)
    picture = open_picture(data, "a photo")
    before, after = opened(data), opened(picture.encoded(picture.pixels))
    assert before.quantization == after.quantization
    assert JpegImagePlugin.get_sampling(before) == JpegImagePlugin.get_sampling(after)
    assert before.info.get("progressive") == after.info.get("progressive")


@pytest.mark.parametrize("used", [(1, 0, 0), (0, 0, 1), (1, 1, 1), (0, 1, 0)])
def test_each_component_keeps_its_table_whichever_number_it_has(used: tuple[int, ...]) -> None:
    data = bytearray(photo(scene(), "JPEG", quality=60))
    frame = data.index(b"\xff\xc0") + 10
    data[frame + 2 : frame + 11 : 3] = bytes(used)
    picture = open_picture(bytes(data), "a photo")
    before, after = opened(bytes(data)), opened(picture.encoded(picture.pixels))
    assert [before.quantization[each[3]] for each in before.layer] == [
        after.quantization[each[3]] for each in after.layer
    ]


def test_lossless_webp_stays_lossless() -> None:
    picture = open_picture(photo(scene(), "WEBP", lossless=True), "a photo")
    assert np.array_equal(np.asarray(opened(picture.encoded(picture.pixels))), picture.pixels)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_is_what_viewers_show_and_no_copy(orientation: int) -> None:
    picture = open_picture(photo(scene(), "PNG", orientation), "a photo")
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = io.BytesIO()
    scene().save(file, "PNG", exif=exif)
    shown = np.asarray(ImageOps.exif_transpose(opened(file.getvalue())))
    view = picture.upright(picture.pixels)
    assert np.array_equal(view, shown)
    view[0, 0] = 7
    assert (picture.pixels == 7).all(axis=2).sum() >= 1
    assert np.shares_memory(upright(picture.pixels, orientation), picture.pixels)


def test_a_preview_behind_the_picture_does_not_get_out() -> None:
    preview = photo(scene(size=(32, 16)), "JPEG")
    written = open_picture(photo(scene(), "JPEG") + preview, "a photo").unchanged()
    assert written.count(b"\xff\xd8\xff") == 1
    assert opened(written).size == (60, 44)


def test_a_palette_becomes_colours_and_one_bit_grey() -> None:
    assert pixels(photo(scene("P"), "PNG")).shape == (44, 60, 3)
    assert pixels(photo(scene("1"), "PNG")).shape == (44, 60, 1)


def pixels(data: bytes) -> np.ndarray:
    picture = open_picture(data, "a photo")
    assert opened(picture.encoded(picture.pixels)).size == (60, 44)
    return picture.pixels


def sixteen_bits() -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.arange(44 * 60, dtype=np.uint16).reshape(44, 60)).save(file, "PNG")
    return file.getvalue()


def animation() -> bytes:
    file = io.BytesIO()
    scene().save(file, "PNG", save_all=True, append_images=[scene("L").convert("RGB")])
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (sixteen_bits(), Rejection.UNSUPPORTED_FORMAT),
        (photo(scene("CMYK"), "JPEG"), Rejection.UNSUPPORTED_FORMAT),
        (animation(), Rejection.SEVERAL_FRAMES),
        (b"no picture", Rejection.NOT_AN_IMAGE),
        (photo(scene(), "JPEG")[:400], Rejection.TRUNCATED),
        (photo(scene(), "PNG")[:-30], Rejection.TRUNCATED),
    ],
)
def test_what_cannot_be_written_as_it_was_is_turned_away_by_name(data: bytes, kind: Rejection) -> None:
    with pytest.raises(PhotoRejected) as caught:
        open_picture(data, "a photo")
    assert caught.value.rejection == kind
    assert caught.value.place == "a photo"


def with_profile(profile: bytes) -> Picture:
    file = io.BytesIO()
    scene().save(file, "JPEG", icc_profile=profile)
    return open_picture(file.getvalue(), "a photo")


def test_a_long_profile_goes_into_several_segments_and_a_malformed_one_is_dropped() -> None:
    filler = np.random.default_rng(0).bytes(150_000)
    long = struct.pack(">I", len(PROFILE) + len(filler)) + PROFILE[4:] + filler
    assert opened(with_profile(long).unchanged()).info["icc_profile"] == long
    assert with_profile(b"x" * 500).profile is None
