"""Draws docs/pictures/before_after.png from the built-in faces; run it as a script."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from masquerade.attacks.base import Labelled, View
from masquerade.attacks.moments import Moments
from masquerade.data import builtin
from masquerade.keys import Key
from masquerade.metrics.base import Truth
from masquerade.metrics.pairing import aligned
from masquerade.recipes import recipe

PEOPLE = (0, 7, 12, 19, 24)
PICTURE = Path(__file__).parent / "pictures" / "before_after.png"
SCALE, GAP = 4, 6


def main() -> None:
    """Disguise, attack, draw."""
    faces = builtin.orl(32, 32)
    colour = faces.images.expand(-1, 3, -1, -1).contiguous()
    mine = faces.labels < 25
    photos, others = colour[mine], Labelled(colour[~mine].float(), faces.labels[~mine])
    rows = [int((faces.labels[mine] == person).nonzero()[0]) for person in PEOPLE]
    strips = [photos[rows].float()]
    for name in ("dn-lfw", "hardened"):
        disguise = recipe(name).disguise
        released = disguise.with_key(Key.from_secret(bytes(32)), (3, 32, 32))(photos)
        view = View(released, recipe=disguise.describe(), public=others)
        guess = Moments()(view, np.random.default_rng(0))
        truth = Truth(photos.float(), faces.labels[mine])
        strips += [_visible(released[rows]), aligned(guess, truth)[rows]]
    PICTURE.parent.mkdir(exist_ok=True)
    _drawn(strips).save(PICTURE, optimize=True)


def _visible(images: Tensor) -> Tensor:
    """Disguised values, stretched so that the middle 98 % fit into 0 to 255."""
    low, high = images.flatten().quantile(0.01), images.flatten().quantile(0.99)
    return (images - low) / (high - low) * 255


def _drawn(strips: list[Tensor]) -> Image.Image:
    side = 32 * SCALE + GAP
    sheet = Image.new("RGB", (side * len(PEOPLE) - GAP, side * len(strips) - GAP), "white")
    for y, strip in enumerate(strips):
        for x, image in enumerate(strip.clamp(0, 255).to(torch.uint8)):
            face = Image.fromarray(image.permute(1, 2, 0).numpy())
            sheet.paste(face.resize((32 * SCALE, 32 * SCALE), Image.Resampling.NEAREST), (x * side, y * side))
    return sheet


if __name__ == "__main__":
    main()
