"""HyperObf: photos of 12 megapixels, from file to file, and which of the faces on one are found."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from bench.measure import Row, interleaved
from masquerade.cloaking.methods import DEFAULT, face_cloak
from masquerade.cloaking.photo_cloak import Appearance, PhotoCloak
from masquerade.data import builtin
from masquerade.data.picture import open_picture
from masquerade.faces.finder import Face, FaceFinder
from masquerade.masknets import MaskNetFile, open_source

WIDTH, HEIGHT = 4000, 3000
FACE = 1200
QUALITY = 92
HEIGHTS = (40, 50, 60, 80, 100, 140, 200, 400)
"""Of the faces on a photo of a crowd, eight of each."""
EACH = 8


def rows() -> Iterator[Row]:
    """Time on one thread, decoding and encoding included, beside what those alone take."""
    file = MaskNetFile.drawn(open_source(), torch.randn(256))
    cloak = PhotoCloak(FaceFinder(), face_cloak(file, DEFAULT), Appearance(min_ssim=0))
    data = photo()
    picture = open_picture(data, "photo")
    assert cloak(picture, "photo").faces == 1
    whole, coding = interleaved(
        lambda: cloak(open_picture(data, "photo"), "photo"),
        lambda: open_picture(data, "photo").encoded(picture.pixels),
    )
    baseline = f"decoding and encoding alone: {coding:.2f} s"
    yield Row("hyperobf.photo.12-megapixels", whole, "s", baseline, None, 1.5)
    yield from _crowd()


def _crowd() -> Iterator[Row]:
    """Share of the faces that are found by their height; and how long that takes, on one thread."""
    finder, crowd = FaceFinder(), canvas()
    spots = [
        (60 + 490 * column, 20 + sum(HEIGHTS[:row]) + 70 * row, height)
        for row, height in enumerate(HEIGHTS)
        for column in range(EACH)
    ]
    for number, spot in enumerate(spots):
        paste(crowd, 7 * number, *spot)
    faces = finder(crowd)
    for height in HEIGHTS:
        found = sum(any(_within(face, *spot) for face in faces) for spot in spots if spot[2] == height)
        name = f"hyperobf.faces.{height}-pixels"
        yield Row(name, found, f"of {EACH}", "faces so high in 12 megapixels", None, None)
    (seconds,) = interleaved(lambda: finder(crowd))
    yield Row("hyperobf.faces.12-megapixels", seconds, "s", f"{len(spots)} faces to find", None, None)


def _within(face: Face, left: int, top: int, height: int) -> bool:
    x, y = face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2
    return left <= x <= left + height * 92 / 112 and top <= y <= top + height


def photo() -> bytes:
    """A JPEG of a face."""
    picture = canvas()
    paste(picture, 0, 1500, 800, FACE)
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def canvas() -> NDArray[np.uint8]:
    """Waves of colour, with the noise of a camera."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    waves = [120 + 60 * np.sin(rows / 600 + c) + 30 * np.cos(columns / 500 - c) for c in range(3)]
    noise = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 1))
    return np.clip(np.stack(waves, axis=2) + noise, 0, 255).astype(np.uint8)


def paste(picture: NDArray[np.uint8], number: int, left: int, top: int, height: int) -> None:
    """Bring one of the built-in faces into a picture."""
    small = Image.fromarray(builtin.orl().images[number % 400, 0].numpy())
    face = np.asarray(small.resize((height * 92 // 112, height), Image.Resampling.LANCZOS))
    picture[top : top + height, left : left + face.shape[1]] = face[:, :, None]
