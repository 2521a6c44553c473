"""Draws docs/pictures/before_after.png and cloaks.png from the built-in faces; run it as a script."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from masquerade.attacks.base import Labelled, View
from masquerade.attacks.blocks.moments import Moments
from masquerade.data import builtin
from masquerade.keys import Key
from masquerade.metrics.base import Truth
from masquerade.metrics.pairing import aligned
from masquerade.recipes import recipe

PEOPLE = (0, 7, 12, 19, 24)
PICTURES = Path(__file__).parent / "pictures"
CLOAKS = ("hyperobf", "hyperobf-one-pass", "recogniser-cloak")
SCALE, GAP = 4, 6


def main() -> None:
    """Draw both."""
    PICTURES.mkdir(exist_ok=True)
    _disguised().save(PICTURES / "before_after.png", optimize=True)
    _cloaked().save(PICTURES / "cloaks.png", optimize=True)


def _cloaked() -> Image.Image:
    """Faces as they are, and under cloaks."""
    faces = builtin.orl(112, 112)
    rows = [int((faces.labels == person).nonzero()[0]) for person in PEOPLE]
    photos = faces.images[rows].expand(-1, 3, -1, -1).contiguous()
    keyed = [recipe(name).whole().with_key(Key.from_secret(bytes(32)), (3, 112, 112)) for name in CLOAKS]
    return _drawn([photos.float(), *(cloak(photos) for cloak in keyed)], 1)


def _disguised() -> Image.Image:
    """Faces as they are, disguised, and what an attack recovers."""
    faces = builtin.orl(32, 32)
    colour = faces.images.expand(-1, 3, -1, -1).contiguous()
    mine = faces.labels < 25
    photos, others = colour[mine], Labelled(colour[~mine].float(), faces.labels[~mine])
    rows = [int((faces.labels[mine] == person).nonzero()[0]) for person in PEOPLE]
    strips = [photos[rows].float()]
    for name in ("dn-lfw", "blocks-noise"):
        disguise = recipe(name).disguise
        released = disguise.with_key(Key.from_secret(bytes(32)), (3, 32, 32))(photos)
        view = View(released, recipe=disguise.describe(), public=others)
        guess = Moments()(view, np.random.default_rng(0))
        truth = Truth(photos.float(), faces.labels[mine])
        strips += [_visible(released[rows]), aligned(guess, truth)[rows]]
    return _drawn(strips, SCALE)


def _visible(images: Tensor) -> Tensor:
    """Disguised values, stretched so that the middle 98 % fit into 0 to 255."""
    low, high = images.flatten().quantile(0.01), images.flatten().quantile(0.99)
    return (images - low) / (high - low) * 255


def _drawn(strips: list[Tensor], scale: int) -> Image.Image:
    pixels = strips[0].shape[-1] * scale
    side = pixels + GAP
    sheet = Image.new("RGB", (side * len(PEOPLE) - GAP, side * len(strips) - GAP), "white")
    for y, strip in enumerate(strips):
        for x, image in enumerate(strip.clamp(0, 255).to(torch.uint8)):
            face = Image.fromarray(image.permute(1, 2, 0).numpy())
            sheet.paste(face.resize((pixels, pixels), Image.Resampling.NEAREST), (x * side, y * side))
    return sheet


if __name__ == "__main__":
    main()
