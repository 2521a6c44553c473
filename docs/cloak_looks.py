"""Draws docs/pictures/cloak_looks.jpg: a sharp portrait as it is, cloaked "natural", and "visible".

python docs/cloak_looks.py PORTRAIT

The portrait of the picture is NASA's, of an astronaut, in the public domain, which scikit-image ships as
``skimage/data/astronaut.png``.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from masquerade.api.cloaks import cloak
from masquerade.cloaking.methods import LOOKS
from masquerade.faces.alignment import bounds, placement
from masquerade.faces.finder import FaceFinder

PICTURE = Path(__file__).parent / "pictures" / "cloak_looks.jpg"
SIDE = 340


def main(portrait: Path) -> None:
    """Draw it, the face enlarged."""
    before = Image.open(portrait).convert("RGB")
    pixels = np.asarray(before)
    rows, columns = bounds(placement(FaceFinder()(pixels)[0]), *pixels.shape[:2])
    images = [before, *(cloak(before, look=look).image for look in LOOKS)]
    parts = [
        np.asarray(
            Image.fromarray(np.asarray(image)[rows, columns]).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        )
        for image in images
    ]
    Image.fromarray(np.concatenate(parts, axis=1)).save(PICTURE, quality=90)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
