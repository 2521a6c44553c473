"""HEIC photos: taken apart before a decoder sees them, written again as HEIC, with nothing else of the file."""

import importlib.util
import io
import warnings
from collections import Counter

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from container_examples import CANARY, smooth
from heic_examples import SRGB, display_p3, heic, parts, with_properties
from masquerade.data import containers, intake
from masquerade.data.containers import heic as heic_container
from masquerade.data.containers import take_apart
from masquerade.data.containers.boxes import box, full_box
from masquerade.data.containers.heic_writing import written as written_as
from masquerade.data.intake import decode_bytes
from masquerade.data.picture import Picture, open_picture
from masquerade.data.rejection import Rejection
from masquerade.errors import PhotoRejected

LONG = CANARY * 40
TURNS = {
    1: b"",
    2: box(b"imir", b"\1"),
    3: box(b"irot", b"\2"),
    4: box(b"imir", b"\0"),
    5: box(b"irot", b"\1") + box(b"imir", b"\0"),
    6: box(b"irot", b"\3"),
    7: box(b"irot", b"\1") + box(b"imir", b"\1"),
    8: box(b"irot", b"\1"),
}


def shown(data: bytes) -> NDArray[np.uint8]:
    """What another program shows: turned, and in whatever channels there are."""
    return np.asarray(pillow_heif.open_heif(data).to_pillow())


def opened(data: bytes) -> Picture:
    return open_picture(data, "photo")


def written(data: bytes) -> list[bytes]:
    """The photo copied, and changed."""
    return [opened(data).unchanged(), opened(data).encoded(opened(data).pixels)]


def rejection(data: bytes) -> Rejection:
    with pytest.raises(PhotoRejected) as caught:
        decode_bytes(data, 8, 8, "RGB", place="photo")
    return Rejection(caught.value.rejection)


KINDS = {
    "odd": heic(smooth(61, 45)),
    "whole colours": heic(smooth(160, 120), chroma=444),
    "grey": heic(smooth(160, 120, "L")),
    "tiles": heic(smooth(300, 200), tile_size=128),
    "odd tiles": heic(smooth(301, 201), tile_size=128),
    "grey tiles": heic(smooth(300, 200, "L"), tile_size=128),
}


@pytest.mark.parametrize("kind", KINDS)
def test_pixels_are_those_that_another_program_shows_and_stay(kind: str) -> None:
    data = KINDS[kind]
    before = shown(data)
    picture = opened(data)
    assert np.array_equal(picture.pixels.reshape(before.shape), before)
    copy, changed = (shown(file) for file in written(data))
    assert np.array_equal(copy, before)
    assert np.abs(changed.astype(int) - before).mean() < 2
    chroma = [pillow_heif.open_heif(file).info.get("chroma") for file in (data, *written(data))]
    assert len(set(chroma)) == 1


@pytest.mark.parametrize("orientation", TURNS)
def test_the_way_up_is_kept_and_is_what_another_program_shows(orientation: int) -> None:
    picture = smooth(128, 96)
    turns = [box(kind, body) for kind, body in parts(TURNS[orientation])]
    data = with_properties(heic(picture, chroma=444), *turns)
    assert take_apart(data).orientation == orientation
    before = shown(data)
    assert np.array_equal(opened(data).upright(opened(data).pixels), before)
    height, width = before.shape[:2]
    assert np.array_equal(decode_bytes(data, height, width, "RGB", place="x"), before.transpose(2, 0, 1))
    for file in written(data):
        assert take_apart(file).orientation == orientation
        assert np.abs(shown(file).astype(int) - before).mean() < 2


def test_colours_are_kept_as_a_profile_and_as_numbers() -> None:
    p3 = heic(smooth(), icc_profile=display_p3())
    for file in written(p3):
        assert pillow_heif.open_heif(file).info["icc_profile"] == display_p3() != SRGB
    numbers = heic(
        smooth(), color_primaries=12, transfer_characteristics=13, matrix_coefficients=6, full_range_flag=1
    )
    for file in written(numbers):
        about = pillow_heif.open_heif(file).info["nclx_profile"]
        assert (about["color_primaries"], about["transfer_characteristics"]) == (12, 13)
        assert np.abs(shown(file).astype(int) - shown(numbers)).mean() < 2


def extras() -> dict[str, bytes]:
    """A word wherever such a file holds what is not its picture."""
    plain = KINDS["whole colours"]
    exif = Image.Exif()
    exif[0x010F] = LONG.decode()
    everything = Image.new("RGB", (8, 8))
    return {
        "Exif": heic(smooth(), exif=exif.tobytes()),
        "XMP": heic(smooth(), xmp=LONG),
        "behind": plain + LONG,
        "a video behind": plain + box(b"mpvd", box(b"ftyp", b"mp42" + bytes(4)), LONG),
        "free": plain + box(b"free", LONG),
        "a property": with_properties(plain, box(b"abcd", LONG), essential=False),
        "a profile that is none": heic(smooth(), icc_profile=LONG),
        "another picture": _two(smooth(), everything),
    }


def _two(first: Image.Image, second: Image.Image) -> bytes:
    both = pillow_heif.from_pillow(first)
    both.add_from_pillow(second)
    both[1].info["xmp"] = LONG
    file = io.BytesIO()
    both.save(file, quality=90)
    return file.getvalue()


EXTRAS = extras()


@pytest.mark.parametrize("name", EXTRAS)
def test_nothing_but_the_picture_is_written(name: str) -> None:
    data = EXTRAS[name]
    assert CANARY in data
    for file in written(data):
        assert CANARY not in file
        assert b"x265" not in file
        about = pillow_heif.open_heif(file)
        assert len(about) == 1
        assert not about.info["exif"]
        assert not about.info["metadata"]
        assert [kind for kind, _ in parts(file)] == [b"ftyp", b"meta", b"mdat"]


def with_auxiliary(urn: bytes) -> bytes:
    """A transparent photo whose second picture is said to be something else."""
    image = smooth().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    said = b"urn:mpeg:hevc:2015:auxid:1\0"
    data = heic(image)
    assert said in data
    return data.replace(said, urn.ljust(len(said), b"\0"))


@pytest.mark.parametrize(
    ("urn", "name"),
    [
        (b"urn:x:hdrgainmap", "gain map"),
        (b"urn:mpeg:hevc:2015:auxid:2", "depth map"),
        (b"urn:x:hairmatte", "portrait mask"),
    ],
)
def test_what_is_left_behind_is_named_and_is_not_written(urn: bytes, name: str) -> None:
    data = with_auxiliary(urn)
    assert take_apart(data).left_behind == (name,)
    for file in written(data):
        assert take_apart(file).left_behind == ()
        assert urn not in file
        assert not pillow_heif.open_heif(file).info["aux"]
    assert take_apart(EXTRAS["a video behind"]).left_behind == ("video",)


def test_what_cannot_be_written_as_it_was_is_turned_away() -> None:
    assert rejection(with_auxiliary(b"urn:mpeg:hevc:2015:auxid:1")) is Rejection.UNSUPPORTED_FORMAT
    deep = np.random.default_rng(0).integers(0, 65535, (64, 64, 3), np.uint16)
    file = io.BytesIO()
    pillow_heif.encode("RGB;16", (64, 64), deep.tobytes(), file, quality=90)
    assert decode_bytes(file.getvalue(), 64, 64, "RGB", place="photo").shape == (3, 64, 64)
    with pytest.raises(PhotoRejected, match="10 bits a channel") as caught:
        opened(file.getvalue())
    assert caught.value.rejection == Rejection.UNSUPPORTED_FORMAT


def resized(data: bytes, width: int, height: int) -> bytes:
    """What its container says of its size replaced."""
    at = data.index(b"ispe") + 8
    return data[:at] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[at + 8 :]


def repeated_picture(data: bytes) -> bytes:
    """The same picture twice in one item, as if it were one."""
    ((_, coded),) = [each for each in parts(data) if each[0] == b"mdat"]
    at = data.index(b"iloc") + 4 + 22
    body = data.index(b"mdat") - 4
    once = data[:at] + (2 * len(coded)).to_bytes(4, "big") + data[at + 4 : body]
    return once + box(b"mdat", coded, coded)


def shared_tiles(data: bytes) -> bytes:
    """A grid of 400 tiles that are one: a small file that takes long to decode."""
    still, _, _ = heic_container._still(heic_container._items(data)[0])
    many = written_as(
        still._replace(size=(3200, 2400), tile=still.size, grid=(20, 20), pictures=still.pictures * 400)
    )
    listed = b"".join(number.to_bytes(2, "big") for number in range(2, 402))
    assert listed in many
    return many.replace(listed, b"\0\2" * 400)[: many.index(b"mdat") + 16 + len(still.pictures[0])]


PLAIN = KINDS["whole colours"]
HOSTILE = {
    "more pixels than are taken in": (resized(PLAIN, 20_000, 20_000), Rejection.TOO_MANY_PIXELS),
    "a long side": (resized(PLAIN, 40_000, 8), Rejection.TOO_MANY_PIXELS),
    "no pixels": (resized(PLAIN, 0, 8), Rejection.DAMAGED),
    "coded larger than it says": (resized(PLAIN, 16, 16), Rejection.DAMAGED),
    "coded smaller than it says": (resized(PLAIN, 4000, 4000), Rejection.DAMAGED),
    "two pictures in one": (repeated_picture(PLAIN), Rejection.SEVERAL_FRAMES),
    "an unknown essential property": (
        with_properties(PLAIN, box(b"abcd", b"")),
        Rejection.UNSUPPORTED_FORMAT,
    ),
    "a crop that hides": (
        with_properties(PLAIN, box(b"clap", *(n.to_bytes(4, "big") for n in (8, 1, 8, 1, 0, 1, 0, 1)))),
        Rejection.UNSUPPORTED_FORMAT,
    ),
    "no items": (PLAIN[:28] + full_box(b"meta", b""), Rejection.DAMAGED),
    "empty boxes": (PLAIN[:28] + box(b"free") * 70_000, Rejection.TOO_COSTLY),
    "AVIF inside": (PLAIN.replace(b"hvc1", b"av01"), Rejection.UNSUPPORTED_FORMAT),
    "tiles that share their bytes": (shared_tiles(PLAIN), Rejection.TOO_COSTLY),
    "a grid that says another number of tiles": (
        KINDS["tiles"].replace(b"dimg\0\1\0\6", b"dimg\0\1\0\7"),
        Rejection.DAMAGED,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_before_a_decoder_starts(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoder(_: object) -> None:
        raise AssertionError("a decoder was started")

    monkeypatch.setattr(intake, "DECODERS", dict.fromkeys(intake.DECODERS, decoder))
    data, expected = HOSTILE[name]
    assert data != PLAIN
    assert rejection(data) is expected


@pytest.mark.parametrize("kind", ["odd", "tiles"])
def test_every_truncation_is_seen(kind: str) -> None:
    data = KINDS[kind]
    for length in range(12, len(data), 7):
        assert rejection(data[:length]) in (Rejection.TRUNCATED, Rejection.DAMAGED), length


@pytest.mark.parametrize("kind", ["odd", "tiles"])
def test_damaged_photos_are_taken_in_or_turned_away(kind: str) -> None:
    data, rng, seen = KINDS[kind], np.random.default_rng(3), Counter[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(400):
            damaged = bytearray(data)
            end = len(data) if number % 2 else data.index(b"mdat")
            for at in rng.integers(0, end, rng.integers(1, 4)):
                damaged[at] = rng.integers(256)
            try:
                assert decode_bytes(bytes(damaged), 8, 8, "RGB", place="photo").shape == (3, 8, 8)
                seen["taken in"] += 1
            except PhotoRejected as turned:
                seen[turned.rejection] += 1
    assert not seen[Rejection.DECODER_FAILURE]
    assert {"taken in", Rejection.DAMAGED} <= set(seen)


def test_without_pillow_heif_a_photo_is_turned_away_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(containers, "find_spec", lambda name: None if name == "pillow_heif" else real(name))
    for read in (lambda: decode_bytes(PLAIN, 8, 8, "L", place="IMG_1.HEIC"), lambda: opened(PLAIN)):
        with pytest.raises(
            PhotoRejected, match=r"a HEIC photo in .*(heif|checkout).* Or save it as JPEG\."
        ) as caught:
            read()
        assert caught.value.rejection == Rejection.UNSUPPORTED_FORMAT
