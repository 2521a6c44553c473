"""Faces of one person on several photos of a folder: a cloak that knows them hides more than one that knows one photo.

Nobody says who is who: a recogniser tells which faces are alike. Where it errs, a cloak moves a photo away from
somebody else too; what that costs is not measured.
"""

from pathlib import Path
from typing import Final, final

import torch
from torch import Tensor

from masquerade.cloaking.squares import Finder, cut, squares_of, upright_photo
from masquerade.data.photo_tree import photo_tree
from masquerade.encoders.recogniser import Recogniser
from masquerade.errors import MasqueradeError
from masquerade.faces.alignment import TEMPLATE
from masquerade.progress import Progress

ALIKE: Final = 0.45
"""Least cosine of SFace for the same person; strangers of LFW reach 0.37 once in 1,000 (``thresholds.json``)."""
_ITSELF: Final = 0.9999
_MOST_EACH: Final = 9
"""Photos of the person that a cloak is told of; five were measured."""
_MOST: Final = 2000
"""Faces that are kept, 75 MB."""


@final
class OwnFaces:
    """Faces of a folder, to look up those that are alike.

    Args:
        recogniser: Tells whether two faces are alike.
    """

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._faces = torch.zeros(0, 3, TEMPLATE, TEMPLATE, dtype=torch.uint8)
        self._vectors = torch.zeros(0, recogniser.size)

    def survey(
        self,
        photos: Path,
        finder: Finder,
        progress: Progress | None = None,
    ) -> None:
        """Look at all photos of a folder; those that cannot be read are left to whoever cloaks them.

        Args:
            photos: The folder, or a photo.
            finder: Finds faces on a photo.
            progress: Told after every photo.
        """
        tree = photo_tree(photos)
        for done, name in enumerate(tree.names, 1):
            if len(self._faces) < _MOST:
                try:
                    photo = upright_photo(tree.root / name)
                    self._add(cut(photo, squares_of(photo, finder)))
                except MasqueradeError:
                    pass  # told once, by the job itself
            if progress is not None:
                progress(done, len(tree.names))

    @torch.no_grad()
    def alike(self, face: Tensor) -> Tensor:
        """Other faces of the person on a face ``(3, 112, 112)``, the nearest first, uint8 ``(m, 3, 112, 112)``."""
        cosines = (self._vectors @ self._recogniser.embed(face[None]).T)[:, 0]
        order = cosines.argsort(descending=True)
        kept = order[(cosines[order] >= ALIKE) & (cosines[order] < _ITSELF)][:_MOST_EACH]
        return self._faces[kept]

    @torch.no_grad()
    def _add(self, faces: Tensor) -> None:
        self._faces = torch.cat([self._faces, faces])
        self._vectors = torch.cat([self._vectors, self._recogniser.embed(faces)])
