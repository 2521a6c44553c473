"""Photos with faces on them: the built-in faces pasted on a coloured canvas."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from masquerade.cloaking.photo_cloak import Appearance, PhotoCloak
from masquerade.data import builtin
from masquerade.disguises.cloaks.masknet import KeyedMaskNetCloak
from masquerade.disguises.cloaks.optimiser import CloakBudget
from masquerade.disguises.cloaks.user_masknet import numbers_of
from masquerade.faces.finder import FaceFinder
from masquerade.keys import Key
from masquerade.masknets import UntrainedSource
from masquerade.networks.cloaks.masknet import structure

KEY = Key.from_secret(bytes(range(32)))
SOURCE = UntrainedSource(structure("masknet-2", 48))
SIDE = 48
TINT = (1.05, 0.97, 0.88)
Spot = tuple[int, int, int]
"""Left, top and height of a face."""
ONE: tuple[Spot, ...] = ((40, 20, 90),)


@cache
def faces() -> NDArray[np.uint8]:
    """All built-in faces, ``(400, 112, 92)``."""
    return builtin.orl().images[:, 0].numpy()


def canvas(width: int, height: int) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [
        120 + 60 * np.sin(rows / height * 4 + c) + 30 * np.cos(columns / width * 5 - c) for c in range(3)
    ]
    return Image.fromarray(np.clip(np.stack(waves, axis=2), 0, 255).astype(np.uint8))


def scene(
    spots: Sequence[Spot] = ONE, size: tuple[int, int] = (160, 120), first: int = 0, mode: str = "RGB"
) -> Image.Image:
    """A picture with a face at each spot, those of people one after the other."""
    picture = canvas(*size)
    for number, (left, top, height) in enumerate(spots):
        grey = Image.fromarray(faces()[(10 * number + first) % 400])
        pasted = np.asarray(grey.resize((round(height * 92 / 112), height), Image.Resampling.LANCZOS))
        tinted = np.clip(pasted[:, :, None] * np.array(TINT), 0, 255).astype(np.uint8)
        picture.paste(Image.fromarray(tinted), (left, top))
    return picture.convert(mode)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def keyed(steps: int = 2) -> KeyedMaskNetCloak:
    """A cloak that takes milliseconds."""
    numbers = numbers_of(KEY)
    return KeyedMaskNetCloak((3, SIDE, SIDE), SOURCE.draw(numbers).forward, numbers, CloakBudget(steps))


def photo_cloak(appearance: Appearance | None = None, steps: int = 2) -> PhotoCloak:
    return PhotoCloak(FaceFinder(), keyed(steps), appearance or Appearance())


def photo_folder(root: Path, count: int = 4, kind: str = "JPEG") -> Path:
    """``root/trip 1/a/photo-000.jpg`` and so on, a face on each, in folders of three."""
    ending = {"JPEG": "jpg", "PNG": "png", "BMP": "bmp"}[kind]
    for number in range(count):
        path = root / f"trip {number // 3}" / "a" / f"photo-{number:03}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(scene(first=7 * number), kind))
    return root


torch.set_num_threads(1)
