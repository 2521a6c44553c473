"""Scenes as a public encoder shows them: computed once, and kept beside the pieces of the audit."""

import json
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from typing import final

import torch
from safetensors.torch import load_file, save_file

from masquerade.audit.alone import alone
from masquerade.audit.scenes.resizing import brought_to
from masquerade.audit.scenes.scene import Scene
from masquerade.data.image_set import ImageSet
from masquerade.disguises import Disguise
from masquerade.keys import Key

BATCH = 64


@final
class EncodedScenes:
    """What an attacker sees of a study whose disguises begin with the same public steps.

    Args:
        scene: The study's photos.
        folder: Where features outlast the process, or None.
    """

    def __init__(self, scene: Scene, folder: Path | None) -> None:
        self._photos = scene
        self.folder = folder
        self._known: dict[str, Scene] = {}
        self._sizes: dict[int, Scene] = {}

    def through(self, prefix: Disguise | None, side: int | None = None) -> Scene:
        """The scene after the public steps ``prefix``; the photos themselves where there are none.

        Scenes of two encoders are not kept in memory at once.

        Args:
            prefix: The steps.
            side: Rows and columns that photos are brought to first; None leaves them.
        """
        photos = self._photos if side is None else self._shrunk(side)
        if prefix is None:
            return photos
        name = f"{side} {json.dumps(prefix.describe(), sort_keys=True)}"
        if name not in self._known:
            self._known = {name: photos.through(lambda images: self._encoded(prefix, name, images))}
        return self._known[name]

    def _shrunk(self, side: int) -> Scene:
        if side not in self._sizes:
            self._sizes[side] = self._photos.through(lambda images: brought_to(images, (side, side)))
        return self._sizes[side]

    def _encoded(self, prefix: Disguise, name: str, images: ImageSet) -> ImageSet:
        file = None
        if self.folder is not None:
            digest = sha256(f"{name} {images.digest}".encode()).hexdigest()[:24]
            file = self.folder / f"features-{digest}.safetensors"
        with nullcontext() if file is None else alone(file):
            if file is not None and file.exists():
                return ImageSet(load_file(file)["maps"], images.labels, images.names)
            # Its public steps have no secret, so any key gives the same.
            encode = prefix.with_key(Key.generate(), images.shape)
            maps = torch.cat([encode(batch) for batch in torch.split(images.images, BATCH)])
            if file is not None:
                draft = file.with_suffix(".part")
                save_file({"maps": maps}, draft)
                draft.replace(file)
        return ImageSet(maps, images.labels, images.names)
