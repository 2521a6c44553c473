"""The four traits of an arm's protection, measured on faces of other people."""

from typing import Final

import torch

from masquerade.audit.scenes.scene import Scene
from masquerade.measuring import FEWEST, Measured, Protect, measured_traits

PHOTOS: Final = 24
"""Photos on which traits are measured: other people's where there are enough."""


def measured_on(protect: Protect, scene: Scene) -> Measured | None:
    """What a protection under one key does to photos; None where there are too few, or it cannot be asked.

    A protection that cannot take what it is asked is none the worse for it: no attack is left out for a trait.
    """
    faces = scene.public.images if len(scene.public) >= FEWEST else scene.train.images
    if len(faces) < FEWEST:
        return None
    rows = torch.linspace(0, len(faces) - 1, min(PHOTOS, len(faces))).long()
    try:
        return measured_traits(protect, faces[rows])
    except Exception:  # noqa: BLE001  (somebody else's code: whatever breaks there, the attacks go on)
        return None
