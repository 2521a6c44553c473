"""Ten thousand damaged photos: each is taken in or turned away, and nothing else happens."""

import io
import resource
import struct
import warnings
import zlib
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from masquerade.data import intake
from masquerade.data.rejection import Rejection
from masquerade.errors import PhotoRejected

PER_SHARE, SHARES = 2_500, 4


def originals() -> list[bytes]:
    noise = np.random.default_rng(1).integers(0, 256, (20, 24, 4), np.uint8)
    picture = Image.fromarray(noise)
    rgb, grey = picture.convert("RGB"), picture.convert("L")
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    made = [
        (rgb, "JPEG", {"exif": exif}),
        (rgb, "JPEG", {"progressive": True, "subsampling": 2}),
        (grey, "JPEG", {"restart_marker_blocks": 1}),
        (rgb.convert("CMYK"), "JPEG", {}),
        (rgb, "PNG", {"exif": exif[6:]}),
        (picture, "PNG", {}),
        (rgb.quantize(16), "PNG", {"transparency": 3}),
        (Image.fromarray(noise[..., 0].astype(np.uint16) * 257), "PNG", {}),
        (grey.convert("1"), "PNG", {}),
        (rgb, "PNG", {"save_all": True, "append_images": [rgb.rotate(180)]}),
        (picture, "WEBP", {"lossless": True}),
        (picture, "WEBP", {"exif": exif}),
        (rgb, "WEBP", {"save_all": True, "append_images": [rgb.rotate(180)]}),
        (rgb, "BMP", {}),
        (rgb.quantize(16), "BMP", {}),
        (picture, "BMP", {}),
    ]
    files = []
    for image, kind, options in made:
        file = io.BytesIO()
        image.save(file, kind, **options)
        files.append(file.getvalue())
    return files


def cut(rng: np.random.Generator, data: bytes, _: bytes) -> bytes:
    return data[: rng.integers(0, len(data))]


def flip(rng: np.random.Generator, data: bytes, _: bytes) -> bytes:
    damaged = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 9)):
        damaged[at] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def flip_header(rng: np.random.Generator, data: bytes, _: bytes) -> bytes:
    return flip(rng, data[:64], b"") + data[64:]


def extreme_number(rng: np.random.Generator, data: bytes, _: bytes) -> bytes:
    at = int(rng.integers(2, len(data)))
    number = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff", b"\0\0", b"\0\0\0\1")[
        rng.integers(6)
    ]
    return data[:at] + number + data[at + len(number) :]


def remove(rng: np.random.Generator, data: bytes, _: bytes) -> bytes:
    start, end = sorted(rng.integers(2, len(data), 2))
    return data[:start] + data[end:]


def repeat(rng: np.random.Generator, data: bytes, _: bytes) -> bytes:
    start, end = sorted(rng.integers(2, len(data), 2))
    return data[:end] + data[start:end] * int(rng.integers(1, 4)) + data[end:]


def splice(rng: np.random.Generator, data: bytes, other: bytes) -> bytes:
    return data[: rng.integers(2, len(data))] + other[rng.integers(2, len(other)) :]


def sealed_again(rng: np.random.Generator, data: bytes, _: bytes) -> bytes:
    """Flipped bits under correct checksums, so that the decoder behind them is reached."""
    if not data.startswith(b"\x89PNG"):
        return flip_header(rng, data, b"")
    out, at = data[:8], 8
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        body = data[at + 8 : end - 4]
        if body and rng.integers(2):
            body = flip(rng, body, b"")
        kind = data[at + 4 : at + 8]
        out += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        at = end
    return out


MUTATORS = (cut, flip, flip_header, extreme_number, remove, repeat, splice, sealed_again)


@pytest.mark.parametrize("share", range(SHARES))
def test_damaged_photos_are_taken_in_or_turned_away(share: int) -> None:
    rng = np.random.default_rng([7, share])
    files, seen = originals(), Counter[str]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(PER_SHARE):
            data = files[rng.integers(len(files))]
            data = MUTATORS[rng.integers(len(MUTATORS))](rng, data, files[rng.integers(len(files))])
            try:
                pixels = intake.decode_bytes(data, 8, 8, "RGB", place="photo")
            except PhotoRejected as rejected:
                seen[Rejection(rejected.rejection)] += 1
            else:
                assert pixels.shape == (3, 8, 8)
                seen["taken in"] += 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert seen.total() == PER_SHARE
    assert not warned
    assert not seen[Rejection.DECODER_FAILURE]
    assert grown < 256 * 1024  # kilobytes
    assert {"taken in", Rejection.DAMAGED, Rejection.TRUNCATED, Rejection.TOO_MANY_PIXELS} <= set(seen)
