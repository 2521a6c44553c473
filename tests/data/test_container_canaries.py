"""A word is planted wherever a photo's file holds what is not its picture; no copy and no cloaked photo has it."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from container_examples import (
    CANARY,
    chunk,
    chunks,
    encoded,
    exif,
    exif_segment,
    extended,
    inserted,
    jpeg,
    long_header,
    png_of,
    riff,
    riff_parts,
    scans,
    segment,
    smooth,
    with_chunk,
)
from masquerade.data.picture import open_picture

LONG = CANARY * 40


def jpegs() -> Iterator[tuple[str, bytes]]:
    plain = jpeg(progressive=True)
    bodies = {
        "JFXX": (0xE0, b"JFXX\0\x10" + LONG),
        "CIFF": (0xE0, b"II\x1a\0\0\0HEAPJPGM" + LONG),
        "second JFIF": (0xE0, b"JFIF\0\1\2\0\0\1\0\1\x08\x08" + LONG[:192]),
        "Exif": (0xE1, b"Exif\0\0" + exif() + LONG),
        "XMP": (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + LONG),
        "MPF": (0xE2, b"MPF\0" + LONG),
        "half a profile": (0xE2, b"ICC_PROFILE\0\1\1" + LONG),
        "Photoshop": (0xED, b"Photoshop 3.0\0" + LONG),
        "Ducky": (0xEC, b"Ducky" + LONG),
        "Adobe": (0xEE, b"Adobe\0\x64" + CANARY[:4] + b"\1" + LONG),
        "other Adobe": (0xEE, LONG),
        "comment": (0xFE, LONG),
        "extension": (0xF0, LONG),
        "unused quantisation": (0xDB, b"\3" + LONG[:64]),
        "replaced quantisation": (0xDB, b"\0" + LONG[:64]),
        "unused codes": (0xC4, b"\3\x40" + bytes(15) + LONG[:64]),
    }
    for name, (marker, body) in bodies.items():
        yield name, inserted(plain, 2, segment(marker, body))
        for number, at in enumerate([*scans(plain)[1:], len(plain) - 2], start=1):
            if marker not in (0xDB, 0xC4):
                yield f"{name} behind scan {number}", inserted(plain, at, segment(marker, body))
    at = 2 + 2 + int.from_bytes(plain[4:6], "big")
    yield "JFIF's preview", plain[:2] + segment(0xE0, plain[6:18] + b"\x08\x08" + LONG[:192]) + plain[at:]
    baseline = jpeg()
    again = baseline[scans(baseline)[0] : -2]
    yield "another scan", inserted(baseline, len(baseline) - 2, again[:14] + LONG)
    yield (
        "another scan's tables",
        inserted(baseline, len(baseline) - 2, segment(0xC4, b"\0\x40" + bytes(15) + LONG[:64])),
    )
    yield "behind the end", plain + LONG
    yield "a picture behind the end", plain + inserted(plain, 2, segment(0xFE, LONG))


def pngs() -> Iterator[tuple[str, bytes]]:
    plain = encoded(smooth(), "PNG")
    for kind in (
        b"tEXt",
        b"zTXt",
        b"iTXt",
        b"eXIf",
        b"tIME",
        b"sPLT",
        b"bKGD",
        b"hIST",
        b"vpAg",
        b"prVW",
        b"iDOT",
    ):
        body = exif(1) + LONG if kind == b"eXIf" else LONG
        yield kind.decode(), with_chunk(plain, kind, body)
        yield f"{kind.decode()} behind the pixels", with_chunk(plain, kind, body, before=b"IEND")
    for kind in (b"gAMA", b"pHYs", b"cHRM", b"sRGB"):
        yield f"long {kind.decode()}", inserted(plain, 33, chunk(kind, LONG))
    yield "a profile's name", with_chunk(plain, b"iCCP", CANARY + b"\0\0" + zlib.compress(b"no profile"))
    yield "a palette of true colours", with_chunk(plain, b"PLTE", (LONG + CANARY)[:300])
    yield "one frame", with_chunk(with_chunk(plain, b"acTL", struct.pack(">II", 1, 0)), b"fdAT", LONG)
    yield "behind the end", plain + LONG
    header, *_ = chunks(plain)
    rows = zlib.decompress(b"".join(body for kind, body in chunks(plain) if kind == b"IDAT"))
    stream = zlib.compress(rows)
    yield "another IDAT", png_of(header, (b"IDAT", stream), (b"IDAT", LONG), (b"IEND", b""))
    yield "behind the stream", png_of(header, (b"IDAT", stream + LONG), (b"IEND", b""))
    yield "more rows", png_of(header, (b"IDAT", zlib.compress(rows + LONG, 0)), (b"IEND", b""))
    yield "in the end", png_of(header, (b"IDAT", stream), (b"IEND", LONG))
    palette = encoded(smooth(mode="L").quantize(8), "PNG")
    parts = dict(chunks(palette))
    parts[b"PLTE"] = parts[b"PLTE"][:24] + LONG[: 3 * 200]
    yield "unused palette", png_of(*parts.items())


def webps() -> Iterator[tuple[str, bytes]]:
    for name, plain in {
        "lossy": encoded(smooth(), "WEBP"),
        "lossless": encoded(smooth(), "WEBP", lossless=True),
    }.items():
        for kind, flag in (
            (b"EXIF", 8),
            (b"XMP ", 4),
            (b"ICCP", 32),
            (b"abcd", 0),
            (b"ANMF", 0),
            (b"VP8X", 0),
        ):
            if kind != b"VP8X":
                yield f"{name} {kind.decode()}", extended(plain, (kind, LONG), flags=flag)
        yield f"{name} reserved", extended(plain, flags=0xC1, reserved=CANARY[:3])
        yield f"{name} behind the end", plain + LONG
        yield f"{name} unextended", riff(*riff_parts(plain), (b"EXIF", LONG))
    ((kind, body),) = riff_parts(encoded(smooth(), "WEBP", lossless=True))
    yield "behind the stream", riff((kind, body + LONG))


def bmps() -> Iterator[tuple[str, bytes]]:
    plain = encoded(smooth(61), "BMP")  # rows of 183 bytes, and one to fill up
    yield "behind the pixels", plain + LONG
    yield "reserved", plain[:6] + CANARY[:4] + plain[10:]
    yield (
        "before the pixels",
        plain[:10] + struct.pack("<I", 54 + len(LONG)) + plain[14:54] + LONG + plain[54:],
    )
    rows = [
        plain[54 + at : 54 + at + 183] + LONG[at // 184 : at // 184 + 1]
        for at in range(0, len(plain) - 54, 184)
    ]
    yield "between rows", plain[:54] + b"".join(rows)
    yield "a linked profile", long_header(plain, b"KNIL", LONG)
    yield "what is no profile", long_header(plain, b"DEBM", LONG)
    palette = encoded(smooth(61, mode="L").quantize(8), "BMP")
    start = int.from_bytes(palette[10:14], "little")
    yield (
        "behind the palette",
        palette[:10] + struct.pack("<I", start + len(LONG)) + palette[14:start] + LONG + palette[start:],
    )
    fourth = np.frombuffer((CANARY * 200)[: 44 * 61], np.uint8).reshape(44, 61)
    rgba = smooth(61).convert("RGBA")
    rgba.putalpha(Image.fromarray(fourth))
    yield "unused fourth bytes", encoded(rgba, "BMP")


FILES = {
    f"{kind}: {name}": data
    for kind, files in {"JPEG": jpegs, "PNG": pngs, "WebP": webps, "BMP": bmps}.items()
    for name, data in files()
}


def hidden(data: bytes) -> bytes:
    """A file, what its PNG chunks hold inflated, and every fourth and 184th byte of it."""
    found = [data, *(data[at::4] for at in range(4)), data[53::184], data[54::184], data[53 + 184 :: 184]]
    if data.startswith(b"\x89PNG"):
        for kind, body in chunks(data):
            if kind == b"IDAT":
                found.append(zlib.decompressobj().decompress(body))
    return b"\n".join(found)


@pytest.mark.parametrize("name", FILES)
def test_neither_a_copy_nor_a_changed_photo_holds_what_is_not_the_picture(name: str) -> None:
    data = FILES[name]
    picture = open_picture(data, "photo")
    for file in (picture.unchanged(), picture.encoded(picture.pixels)):
        assert CANARY not in hidden(file)
        assert CANARY[:4] not in file
        assert len(file) < 60_000
    assert (np.asarray(Image.open(io.BytesIO(picture.unchanged())).convert("RGB")) == picture.pixels).all()


def test_orientation_and_profile_stay_though_all_around_them_goes() -> None:
    data = inserted(jpeg(), 2, exif_segment(exif(6) + LONG))
    assert Image.open(io.BytesIO(open_picture(data, "photo").unchanged())).getexif() == {0x112: 6}
