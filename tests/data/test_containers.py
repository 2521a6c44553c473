"""Photos as phones, cameras and editors write them: read as viewers show them, copied without what is no picture."""

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from container_examples import (
    CANARY,
    chunk,
    chunks,
    encoded,
    exif,
    exif_segment,
    inserted,
    jpeg,
    long_header,
    markers,
    motion_photo,
    scans,
    segment,
    several_pictures,
    smooth,
    with_chunk,
)
from masquerade.data.containers import take_apart
from masquerade.data.intake import decode_bytes
from masquerade.data.picture import open_picture
from masquerade.data.rejection import Rejection
from masquerade.errors import PhotoRejected

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def shown(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)))


def copied(data: bytes) -> bytes:
    return open_picture(data, "photo").unchanged()


def written(data: bytes) -> list[bytes]:
    """The photo copied, and changed."""
    picture = open_picture(data, "photo")
    return [picture.unchanged(), picture.encoded(picture.pixels)]


JPEGS = {
    "baseline": jpeg(icc_profile=PROFILE),
    "progressive": jpeg(progressive=True),
    "restarts": jpeg(restart_marker_blocks=2),
}


@pytest.mark.parametrize("kind", JPEGS)
def test_fill_bytes_before_any_marker_mean_nothing(kind: str) -> None:
    data = JPEGS[kind]
    places = markers(data)
    assert len(places) > 8
    for at in places:
        filled = inserted(data, at, b"\xff" * 3)
        assert copied(filled) == copied(data), hex(data[at + 1])
    filled = b"".join(data[a:b] + b"\xff" for a, b in zip([0, *places], [*places, len(data)], strict=True))
    assert (
        decode_bytes(filled, 44, 60, "RGB", place="photo") == decode_bytes(data, 44, 60, "RGB", place="")
    ).all()


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("behind", [motion_photo, several_pictures, lambda photo: photo + bytes(5000)])
def test_what_lies_behind_the_first_picture_is_never_looked_at(kind: str, behind: object) -> None:
    data = JPEGS[kind]
    assert callable(behind)
    more = behind(data)
    assert copied(more) == copied(data)
    assert take_apart(more) == take_apart(data)


def test_a_picture_without_an_end_is_cut_short_though_another_one_ends_behind_it() -> None:
    data = jpeg()
    with pytest.raises(PhotoRejected) as caught:
        copied(data[:-2] + jpeg())
    assert caught.value.rejection == Rejection.DAMAGED


@pytest.mark.parametrize(
    ("blocks", "orientation"),
    [
        ((exif(6), exif(1)), 6),
        ((exif(1), exif(6)), 1),
        ((exif(6), exif()), 6),
        ((exif(), exif(6)), 1),
        ((b"", exif(6)), 6),
        ((b"no block", exif(6)), 1),
        ((exif(9), exif(6)), 1),
    ],
)
def test_of_several_exif_blocks_the_first_decides_as_in_chromium(
    blocks: tuple[bytes, ...], orientation: int
) -> None:
    data = inserted(jpeg(), 2, b"".join(map(exif_segment, blocks)))
    assert take_apart(data).orientation == orientation
    for file in written(data):
        assert Image.open(io.BytesIO(file)).getexif().get(0x112, 1) == orientation


def test_an_exif_block_between_scans_says_nothing() -> None:
    data = JPEGS["progressive"]
    assert take_apart(inserted(data, scans(data)[1], exif_segment(exif(6)))).orientation == 1


LOOKS = {
    b"gAMA": struct.pack(">I", 100_000),
    b"cHRM": struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000),
    b"sRGB": b"\0",
    b"cICP": b"\x0c\x0d\0\1",
    b"mDCV": bytes(24),
    b"cLLI": bytes(8),
    b"pHYs": struct.pack(">IIB", 11811, 11811, 1),
}


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_a_png_keeps_what_says_its_colours_and_resolution(mode: str) -> None:
    data = encoded(smooth(mode=mode), "PNG")
    for kind, body in LOOKS.items():
        data = inserted(data, 33, chunk(kind, body))
    for file in written(data):
        assert {kind: body for kind, body in chunks(file) if kind in LOOKS} == LOOKS
        assert Image.open(io.BytesIO(file)).info["gamma"] == 1.0


def test_a_png_keeps_no_such_chunk_that_viewers_do_not_heed() -> None:
    plain = encoded(smooth(mode="P"), "PNG")
    for kind, body in LOOKS.items():
        for data in (
            with_chunk(plain, kind, body, before=b"IEND"),
            with_chunk(plain, kind, body + CANARY),
            *([] if kind == b"pHYs" else [with_chunk(plain, kind, body)]),
        ):
            assert kind not in [name for name, _ in chunks(copied(data))]
    twice = with_chunk(with_chunk(plain, b"pHYs", LOOKS[b"pHYs"]), b"pHYs", bytes(9))
    assert [body for name, body in chunks(copied(twice)) if name == b"pHYs"] == [LOOKS[b"pHYs"]]


@pytest.mark.parametrize("density", [b"\1\1\x2c\1\x2c", b"\2\0\x76\0\x76", b"\0\0\2\0\1"])
def test_a_jpeg_keeps_its_density(density: bytes) -> None:
    data = jpeg()
    for file in written(data[:13] + density + data[18:]):
        assert file[13:18] == density
    assert copied(data[:13] + b"\7\0\0\0\0" + data[18:])[13:18] == b"\0\0\1\0\1"


def test_a_bmp_keeps_its_resolution_its_colours_and_its_alpha() -> None:
    data = encoded(smooth(), "BMP", dpi=(300, 200))
    for file in written(data):
        assert file[38:46] == data[38:46]
        assert (shown(file) == shown(data)).all()
    for file in written(long_header(data, bytes(4))):
        assert file[14:18] == struct.pack("<I", 124)
        assert file[70:122] == long_header(data, bytes(4))[70:122]
        assert (shown(file) == shown(data)).all()
    for file in written(long_header(data, b"DEBM", PROFILE)):
        assert file[70:74] == b"DEBM"
        place, size = struct.unpack("<II", file[126:134])
        assert file[14 + place : 14 + place + size] == PROFILE
        assert (shown(file) == shown(data)).all()
    rgba = smooth(mode="RGBA")
    rgba.putalpha(Image.linear_gradient("L").resize(rgba.size))
    masked = bytearray(long_header(encoded(rgba, "BMP")))
    masked[30], masked[54:70] = 3, struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    for file in written(bytes(masked)):
        assert (shown(file) == np.asarray(rgba)).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_a_picture_of_one_long_row_is_refused_before_it_is_decoded(kind: str) -> None:
    longest = {"WEBP": 16_383, "JPEG": 32_767}.get(kind, 32_767)
    assert decode_bytes(encoded(Image.new("L", (1, longest)), kind), 8, 8, "L", place="photo").shape == (
        1,
        8,
        8,
    )
    if kind == "WEBP":
        return
    for size in ((1, 32_768), (32_768, 1)):
        with pytest.raises(PhotoRejected, match="a side has at most 32,767") as caught:
            open_picture(encoded(Image.new("L", size), kind), "photo")
        assert caught.value.rejection == Rejection.TOO_MANY_PIXELS


def test_a_jpeg_of_more_tables_than_it_needs_looks_the_same() -> None:
    data = JPEGS["progressive"]
    first = scans(data)[0]
    for more in (b"\xff\xdb\0\x43\3" + bytes([7] * 64), b"\xff\xdb\0\x43\0" + bytes([7] * 64)):
        assert copied(inserted(data, 2, more)) == copied(
            data
        )  # of another number; replaced before it is used
    assert copied(inserted(data, first, segment(0xDD, b"\0\0"))) != b""
    assert (shown(copied(data)) == shown(data)).all()


def one_scan_each() -> tuple[bytes, NDArray[np.uint8]]:
    """A baseline JPEG with a scan for each component, each behind tables of its own, and its components."""
    bands = smooth().convert("YCbCr").split()
    files = [encoded(band, "JPEG", quality=80, optimize=True) for band in bands]
    frame = segment(0xC0, struct.pack(">BHHB", 8, 44, 60, 3) + b"\1\x11\0\2\x11\0\3\x11\0")
    start, *tables = (files[0].index(each) for each in (b"\xff\xdb", b"\xff\xc0"))
    parts = [files[0][:start], files[0][start : tables[0]], frame]
    for number, file in enumerate(files, start=1):
        scan = scans(file)[0]
        parts += [file[file.index(b"\xff\xc4") : scan], segment(0xDA, bytes([1, number, 0, 0, 63, 0]))]
        parts.append(file[scan + 10 : -2])
    return b"".join(parts) + b"\xff\xd9", np.stack([shown(file) for file in files], axis=2)


def test_a_jpeg_of_a_scan_for_each_component_is_read_and_copied() -> None:
    data, components = one_scan_each()
    copy = copied(data)
    assert (shown(copy) == shown(data)).all()
    assert (np.asarray(Image.open(io.BytesIO(copy)).convert("YCbCr")).astype(int) - components).std() < 1
    assert len(scans(copy)) == 3
    last = scans(data)[2]
    assert copied(data[:-2] + data[last:]) == copy
    with pytest.raises(PhotoRejected, match="two scans of one component"):
        copied(inserted(data, last, data[last:-2].replace(bytes([1, 3, 0]), bytes([1, 2, 0]), 1)))


@pytest.mark.parametrize(
    "tables", [segment(0xDB, b"\0" * 64), segment(0xC4, b"\0" + b"\xff" * 16), segment(0xDD, b"\0")]
)
def test_malformed_tables_are_damage(tables: bytes) -> None:
    with pytest.raises(PhotoRejected) as caught:
        copied(inserted(jpeg(), 2, tables))
    assert caught.value.rejection == Rejection.DAMAGED


def test_pixels_of_a_copy_are_inflated_to_what_the_picture_needs() -> None:
    """What the canary's test of a PNG rests on."""
    body = b"".join(body for kind, body in chunks(copied(encoded(smooth(), "PNG"))) if kind == b"IDAT")
    stream = zlib.decompressobj()
    assert len(stream.decompress(body)) == 44 * (1 + 3 * 60)
    assert not stream.unused_data
