"""What a HEIC tells beside its pixels is measured as of a JPEG."""

import pytest
from PIL import Image

from container_examples import encoded, smooth
from heic_examples import display_p3, heic
from masquerade.audit.folders.traces import traces_in
from masquerade.data.picture import open_picture


def camera(name: str) -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif.get_ifd(0x8825)[1] = name, "N"
    return exif.tobytes()


def marks(data: bytes) -> frozenset[int]:
    return traces_in(data, 44, 60)[1]


@pytest.mark.parametrize(
    "what", [{"exif": camera("Camera Works")}, {"icc_profile": display_p3()}, {"xmp": b"<x:xmpmeta/>"}]
)
def test_marks_of_a_heic_are_seen_and_those_of_a_jpeg_are_the_same(what: dict[str, bytes]) -> None:
    found = marks(heic(smooth(), **what))
    assert found
    assert found == marks(encoded(smooth(), "JPEG", **what))
    if "exif" in what:
        assert found != marks(heic(smooth(), exif=camera("Other Works")))


def test_a_cloaked_heic_tells_its_profile_alone() -> None:
    data = heic(smooth(), exif=camera("Camera Works"), xmp=b"<x:xmpmeta/>", icc_profile=display_p3())
    picture = open_picture(data, "photo")
    assert marks(picture.encoded(picture.pixels)) == marks(heic(smooth(), icc_profile=display_p3()))
    assert marks(heic(smooth())) == frozenset()
