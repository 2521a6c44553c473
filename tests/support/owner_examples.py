"""Person folders of small generated photos, and a recipe that fits them."""

from pathlib import Path

import numpy as np
from PIL import Image

from masquerade.disguises import BlockMatrix, BlockPermutation, Chain, Noise
from masquerade.keys import Key
from masquerade.recipes import Recipe

KEY = Key.from_secret(bytes(range(32)))
OTHER_KEY = Key.from_secret(bytes(range(1, 33)))


def small_recipe(level: float = 10, side: int = 16) -> Recipe:
    disguise = Chain((Noise(level), BlockMatrix(4, variant="block"), BlockPermutation(4)))
    return Recipe("small", "small", disguise, side, side, "RGB", "small-cnn", "none", "tests", "Only a test.")


RECIPE = small_recipe()


def photo(seed: int, side: int = 16) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def person_folders(root: Path, people: int = 4, each: int = 5, side: int = 16) -> Path:
    """``root/person-01/photo-003.png`` and so on; the k-th photo of person p is ``photo(100 p + k)``."""
    for person in range(people):
        folder = root / f"person-{person:02d}"
        folder.mkdir(parents=True)
        for k in range(each):
            photo(100 * person + k, side).save(folder / f"photo-{k:03d}.png")
    return root
