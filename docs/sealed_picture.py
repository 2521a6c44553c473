"""Draws docs/pictures/sealed.png from the built-in faces: what a cloud sees of them; run it as a script."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from masquerade.data import builtin
from masquerade.keys import Key
from masquerade.owner.sealed.creating import create
from masquerade.sealed.faces import FaceVectors
from masquerade.sealed.layout import probe_slots
from masquerade.sealed.probe import Camera
from masquerade.sealed.vectors import quantised

PEOPLE = (0, 7, 12, 19, 24)
SIDE, GAP = 112, 6
Picture = NDArray[np.uint8]


def main() -> None:
    """Rows: photo; the numbers that a camera encrypts, two probes of the photo."""
    faces = builtin.orl(SIDE, SIDE)
    photos = torch.cat([faces.images[faces.labels == person][:1] for person in PEOPLE]).expand(-1, 3, -1, -1)
    with tempfile.TemporaryDirectory() as scratch:
        key, file = Key.generate(), Path(scratch) / "owner.key"
        key.save(file)
        public = create(Path(scratch) / "gallery", file, key, faces="as-is").public
        camera = Camera.load(public)
        vectors = FaceVectors.of(public, camera.manifest).of_pixels(photos.contiguous().numpy())
        plain = [slots(vector) for vector in vectors]
        probes = [[numbers(camera.probe(vector)) for vector in vectors] for _ in range(2)]
    rows = [list(photos[:, 0].numpy()), plain, *probes]
    drawn(rows).save(Path(__file__).parent / "pictures" / "sealed.png", optimize=True)


def slots(vector: NDArray[np.float64]) -> Picture:
    """The plaintext's first numbers, 0 in the middle of grey."""
    whole = probe_slots(quantised(vector[None])[0])
    return (np.resize(whole, SIDE * SIDE).clip(-64, 63) * 2 + 128).astype(np.uint8).reshape(SIDE, SIDE)


def numbers(probe: bytes) -> Picture:
    """The ciphertext's last bytes."""
    return np.frombuffer(probe[-SIDE * SIDE :], np.uint8).reshape(SIDE, SIDE)


def drawn(rows: list[list[Picture]]) -> Image.Image:
    """Pictures side by side on white."""
    step = SIDE + GAP
    page = np.full((len(rows) * step - GAP, len(rows[0]) * step - GAP), 255, np.uint8)
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            page[y * step : y * step + SIDE, x * step : x * step + SIDE] = picture
    return Image.fromarray(page)


if __name__ == "__main__":
    main()
