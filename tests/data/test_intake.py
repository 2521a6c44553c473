import io
import os
import socket
import struct
import warnings
import zlib
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile

from masquerade.data import intake
from masquerade.data.picture import open_picture
from masquerade.data.rejection import Rejection
from masquerade.errors import PhotoRejected, UsageError

CORNERS = {"RGB": ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))}


def smooth(width: int = 48, height: int = 40, mode: intake.Mode = "RGB") -> Image.Image:
    """A picture whose four corners differ, so that any turn or flip shows."""
    small = Image.new("RGB", (2, 2))
    small.putdata(CORNERS["RGB"])
    return small.resize((width, height), Image.Resampling.BILINEAR).convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def take(data: bytes, height: int = 16, width: int = 16, mode: intake.Mode = "RGB") -> NDArray[np.uint8]:
    return intake.decode_bytes(data, height, width, mode, place="photo")


def rejection(data: bytes, **options: object) -> Rejection:
    with pytest.raises(PhotoRejected) as caught:
        take(data, **options)
    return Rejection(caught.value.rejection)


def chunk(kind: str, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def with_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_right_size_comes_out_as_pillow_decodes_it(kind: str, mode: intake.Mode) -> None:
    data = encoded(smooth(), kind)
    plain = np.asarray(Image.open(io.BytesIO(data)).convert(mode))
    ours = take(data, 40, 48, mode)
    assert ours.dtype == np.uint8
    assert ours.shape == (3 if mode == "RGB" else 1, 40, 48)
    assert ours.flags.c_contiguous
    assert ours.flags.writeable
    difference = np.abs(ours.transpose(1, 2, 0).squeeze().astype(int) - plain)
    assert difference.max() <= (0 if mode == "RGB" else 3)  # grey comes straight from the luma of a JPEG


def test_extension_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(smooth(), "JPEG"))
    assert intake.decode(path, 8, 8, "L").shape == (1, 8, 8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_is_honoured(orientation: int, kind: str, order: str) -> None:
    upright = smooth()
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    block = (b"" if kind == "PNG" else b"Exif\0\0") + exif(orientation, order)
    data = encoded(stored, kind, exif=block)
    difference = take(data, 40, 48).astype(int) - take(encoded(upright, kind), 40, 48)
    assert np.abs(difference).mean() < 4


@pytest.mark.parametrize(
    "block", [b"", b"II*\0", exif(0), exif(9), b"II*\0\xff\xff\xff\xff", exif(6)[:-8], b"XX" * 9]
)
def test_unreadable_exif_means_as_stored(block: bytes) -> None:
    data = with_segment(encoded(smooth(), "JPEG"), 0xE1, b"Exif\0\0" + block)
    assert (take(data, 40, 48) == take(encoded(smooth(), "JPEG"), 40, 48)).all()


def test_metadata_never_reaches_the_decoder() -> None:
    canary = b"CANARY"
    data = encoded(
        smooth(), "JPEG", comment=canary, xmp=canary, icc_profile=canary, exif=b"Exif\0\0" + canary
    )
    assert data.count(canary) == 4
    assert canary not in intake.take_apart(data).data
    data = encoded(smooth(), "WEBP", xmp=canary, icc_profile=canary * 30, exif=b"Exif\0\0" + canary)
    assert canary in data
    assert canary not in intake.take_apart(data).data
    data = png(1, 1, chunk(b"tEXt", b"k\0" + canary), chunk(b"IDAT", zlib.compress(b"\0\1\2\3")))
    assert canary in data
    assert canary not in intake.take_apart(data).data
    assert take(data, 1, 1).ravel().tolist() == [1, 2, 3]


def test_kinds_of_pixels() -> None:
    grey = Image.new("L", (4, 4), 100)
    red = Image.new("RGB", (4, 4), (200, 0, 0))
    for image in (grey, grey.convert("LA"), grey.convert("RGBA"), grey.quantize(4)):
        assert set(take(encoded(image, "PNG"), 2, 2).ravel().tolist()) == {100}
    assert set(take(encoded(Image.new("1", (4, 4), 1), "PNG"), 2, 2).ravel().tolist()) == {255}
    wide = Image.fromarray(np.full((4, 4), 0x64FF, np.uint16))
    assert set(take(encoded(wide, "PNG"), 2, 2, "L").ravel().tolist()) == {0x64}
    assert take(encoded(red.quantize(4), "PNG"), 1, 1).ravel().tolist() == [200, 0, 0]
    cmyk = take(encoded(red.convert("CMYK"), "JPEG", quality=100), 1, 1).ravel().astype(int)
    assert np.abs(cmyk - [200, 0, 0]).max() <= 3


def test_transparent_parts_become_white() -> None:
    ghost = Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    for kind in ("PNG", "WEBP"):
        assert take(encoded(ghost, kind, lossless=True), 2, 2).min() == 255
    half = Image.new("LA", (4, 4), (0, 128))
    assert abs(int(take(encoded(half, "PNG"), 4, 4, "L").max()) - 127) <= 1
    keyed = Image.new("P", (4, 4), 0)
    keyed.putpalette([9, 9, 9, 1, 1, 1])
    assert take(encoded(keyed, "PNG", transparency=0), 2, 2).min() == 255
    assert (
        take(encoded(Image.new("RGB", (4, 4), (1, 2, 3)), "PNG", transparency=(1, 2, 3)), 4, 4).min() == 255
    )


def test_crop_keeps_proportions() -> None:
    disc = Image.new("L", (300, 100))
    disc.paste(255, (120, 20, 180, 80))  # a centred square of 60
    fitted = take(encoded(disc, "PNG"), 50, 50, "L")[0] > 127
    assert abs(fitted.any(0).sum() - fitted.any(1).sum()) <= 1
    assert abs(int(fitted.any(0).sum()) - 30) <= 1


def test_large_jpeg_is_decoded_smaller_without_harm() -> None:
    rng = np.random.default_rng(5)
    coarse = Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8))
    large = coarse.resize((1600, 1600), Image.Resampling.BICUBIC)
    ours = take(encoded(large, "JPEG", quality=95), 100, 100).astype(float)
    exact = take(encoded(large, "PNG"), 100, 100).astype(float)
    assert np.sqrt(np.mean((ours - exact) ** 2)) < 3


def test_result_does_not_depend_on_the_directory_of_the_place(tmp_path: Path) -> None:
    data = encoded(smooth(), "JPEG")
    path = tmp_path / "x"
    path.write_bytes(data)
    found, digest = intake.read(path)
    assert found == data
    assert digest == sha256(data).hexdigest()
    assert (intake.decode(path, 9, 9, "RGB") == take(data, 9, 9)).all()


@pytest.mark.parametrize(
    ("height", "width", "mode"), [(0, 5, "L"), (5, -1, "L"), (5, 9999, "L"), (5, 5, "CMYK")]
)
def test_impossible_targets(height: int, width: int, mode: intake.Mode) -> None:
    with pytest.raises(UsageError):
        take(encoded(smooth(), "PNG"), height, width, mode)


def two_frames(kind: str) -> bytes:
    return encoded(smooth(), kind, save_all=True, append_images=[smooth().rotate(90)])


def test_frames() -> None:
    assert rejection(two_frames("PNG")) is Rejection.SEVERAL_FRAMES
    assert rejection(two_frames("WEBP")) is Rejection.SEVERAL_FRAMES
    assert rejection(two_frames("GIF")) is Rejection.UNSUPPORTED_FORMAT
    first = take(encoded(smooth(), "JPEG"))
    assert (take(two_frames("MPO")) == first).all()  # a photo with a preview behind it


def test_bytes_are_held_to_the_same_limits_as_files() -> None:
    assert rejection(b"") is Rejection.EMPTY_FILE
    assert rejection(bytes(intake.MAX_BYTES + 1)) is Rejection.TOO_LARGE_FILE


def test_classes_of_files(tmp_path: Path) -> None:
    def of(path: Path) -> str:
        with pytest.raises(PhotoRejected) as caught:
            intake.decode(path, 8, 8, "L")
        return caught.value.rejection

    (tmp_path / "empty").touch()
    assert of(tmp_path / "empty") is Rejection.EMPTY_FILE
    with (tmp_path / "large").open("wb") as file:
        file.truncate(intake.MAX_BYTES + 1)
    assert of(tmp_path / "large") is Rejection.TOO_LARGE_FILE
    assert of(tmp_path) is Rejection.NOT_A_FILE
    os.mkfifo(tmp_path / "pipe")
    assert of(tmp_path / "pipe") is Rejection.NOT_A_FILE
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
        assert of(tmp_path / "socket") is Rejection.UNREADABLE
    assert of(tmp_path / "absent") is Rejection.UNREADABLE
    assert of(tmp_path / "nul\0") is Rejection.UNREADABLE
    (tmp_path / "closed").write_bytes(b"x")
    (tmp_path / "closed").chmod(0)
    if os.geteuid():
        assert of(tmp_path / "closed") is Rejection.UNREADABLE
    (tmp_path / "text").write_text("no image at all")
    assert of(tmp_path / "text") is Rejection.NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PPM", "ICO", "JPEG2000"])
def test_other_formats_are_told_apart_from_none(kind: str) -> None:
    assert rejection(encoded(smooth(), kind)) is Rejection.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\0\0\0\x1cftypavif", r"unsupported-format: an AVIF photo in IMG_0043\.HEIC\. Save it as JPEG\."),
        (b"\0\0\0\x18ftypmp42", r"a video in IMG_0043\.HEIC\.$"),
        (b"GIF89a", "a GIF .*JPEG"),
        (b"MM\0*", "a TIFF or raw photo"),
    ],
)
def test_photos_that_are_not_read_are_told_with_what_to_do(start: bytes, words: str) -> None:
    for read in (lambda data: decode(data), lambda data: open_picture(data, "IMG_0043.HEIC")):
        with pytest.raises(PhotoRejected, match=words):
            read(start + bytes(50))


def decode(data: bytes) -> NDArray[np.uint8]:
    return intake.decode_bytes(data, 8, 8, "L", place="IMG_0043.HEIC")


def test_kinds_of_admitted_formats_that_photos_do_not_come_in() -> None:
    bmp = bytearray(encoded(smooth(mode="P"), "BMP"))
    bmp[30] = 1  # run lengths
    assert rejection(bytes(bmp)) is Rejection.UNSUPPORTED_FORMAT
    jpeg = encoded(smooth(), "JPEG")
    assert rejection(jpeg.replace(b"\xff\xc0", b"\xff\xc3", 1)) is Rejection.UNSUPPORTED_FORMAT


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
def test_every_truncation_is_seen(kind: str) -> None:
    data = encoded(smooth(12, 10), kind)
    for length in range(1, len(data)):
        assert rejection(data[:length]) in (Rejection.TRUNCATED, Rejection.NOT_AN_IMAGE), length


def test_truncation_is_seen_whatever_pillow_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for kind in ("JPEG", "PNG", "WEBP", "BMP"):
        data = encoded(smooth(), kind)
        assert rejection(data[: len(data) // 2]) is Rejection.TRUNCATED


def test_every_flipped_bit_of_a_png_is_seen() -> None:
    data = encoded(smooth(6, 5), "PNG")
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert rejection(bytes(flipped)) in set(Rejection)


BOMBS = {
    "png-30k": (png(30_000, 30_000, chunk(b"IDAT", zlib.compress(bytes(1000)))), Rejection.TOO_MANY_PIXELS),
    "png-line": (png(2**31 - 1, 1, chunk(b"IDAT", b"")), Rejection.TOO_MANY_PIXELS),
    "png-one-too-many": (png(7223, 7200, chunk(b"IDAT", b"")), Rejection.TOO_MANY_PIXELS),
    "png-no-pixels": (png(0, 5, chunk(b"IDAT", b"")), Rejection.DAMAGED),
    "png-empty-chunks": (png(1, 1, chunk(b"IDAT", b"") * 100_000), Rejection.TOO_COSTLY),
    "jpeg-60k": (
        b"\xff\xd8\xff\xc0\x00\x11\x08"
        + b"\xff\xdc\xff\xdc"
        + b"\x03\1\x11\0\2\x11\0\3\x11\0\xff\xda\0\0\xff\xd9",
        Rejection.TOO_MANY_PIXELS,
    ),
    "webp-16k": (
        b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f" + bytes(5),
        Rejection.TOO_MANY_PIXELS,
    ),
    "webp-canvas": (
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff",
        Rejection.TOO_MANY_PIXELS,
    ),
    "bmp-wide": (
        b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, 2**31 - 1, 2**30, 1, 24, 0) + bytes(30),
        Rejection.TOO_MANY_PIXELS,
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_from_the_header(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def decoder(_: bytes) -> NoReturn:
        raise AssertionError("a decoder was started")

    monkeypatch.setattr(intake, "DECODERS", dict.fromkeys(intake.DECODERS, decoder))
    data, expected = BOMBS[name]
    assert rejection(data) is expected


def test_inflated_text_and_profiles_are_never_inflated() -> None:
    bomb = zlib.compress(bytes(50_000_000))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))
    data = png(1, 1, chunk(b"zTXt", b"k\0\0" + bomb), chunk(b"iCCP", b"k\0\0" + bomb), pixels)
    assert take(data, 1, 1).ravel().tolist() == [1, 2, 3]


def test_a_progressive_jpeg_of_a_thousand_scans_is_refused() -> None:
    data = encoded(smooth(), "JPEG", progressive=True)
    scan = data.rfind(b"\xff\xda")
    assert take(data).shape == (3, 16, 16)
    assert rejection(data[:-2] + data[scan:-2] * 1000 + b"\xff\xd9") is Rejection.TOO_COSTLY


def test_pillow_is_left_as_it_was() -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    take(encoded(smooth(), "JPEG"))
    rejection(b"BM" + bytes(80))
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before


def test_what_goes_wrong_in_a_decoder_concerns_that_photo_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (MemoryError(), RuntimeError("x"), AssertionError(), RecursionError()):

        def decoder(_: bytes, error: BaseException = error) -> NoReturn:
            raise error

        monkeypatch.setattr(intake, "DECODERS", {"PNG": decoder})
        assert rejection(encoded(smooth(), "PNG")) is Rejection.DECODER_FAILURE


def test_rejections_are_one_printable_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb\u202e\x1b[31m\udcff.jpg"
    path.write_bytes(b"nothing")
    with pytest.raises(PhotoRejected) as caught:
        intake.decode(path, 8, 8, "L")
    assert str(caught.value).isprintable()
    assert r"a\nb\u202e\x1b[31m\udcff.jpg" in str(caught.value)


def test_the_list_is_short_and_closed() -> None:
    assert len(Rejection) <= 15
