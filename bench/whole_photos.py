"""HyperObf: photos of 12 megapixels, from file to file."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import torch
from PIL import Image

from bench.measure import Row, interleaved
from masquerade.data import builtin
from masquerade.data.picture import open_picture
from masquerade.masknets import MaskNetFile, open_source
from masquerade.owner.cloak_methods import DEFAULT, face_cloak
from masquerade.owner.faces import FaceFinder
from masquerade.owner.photo_cloak import Appearance, PhotoCloak

WIDTH, HEIGHT = 4000, 3000
FACE = 1200
QUALITY = 92


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


def photo() -> bytes:
    """A JPEG of a face on waves of colour, with the noise of a camera."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    waves = [120 + 60 * np.sin(rows / 600 + c) + 30 * np.cos(columns / 500 - c) for c in range(3)]
    noise = np.random.default_rng(0).normal(0, 3, (HEIGHT, WIDTH, 1))
    picture = np.clip(np.stack(waves, axis=2) + noise, 0, 255).astype(np.uint8)
    face = Image.fromarray(builtin.orl().images[0, 0].numpy()).resize((FACE * 92 // 112, FACE))
    picture[800 : 800 + FACE, 1500 : 1500 + face.width] = np.asarray(face)[:, :, None]
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
