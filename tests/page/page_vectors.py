"""What Python and the page must both compute; ``python tests/page/page_vectors.py`` writes it for the page's tests.

``tests/page/test_page_twins.py`` holds Python to the file, ``page/tests/twins.test.ts`` the page.
"""

import base64
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from masquerade.faces.alignment import bounds, inverse, placement, scaled, settled, shifted
from masquerade.faces.finder import Face
from masquerade.faces.sampling import sampled
from masquerade.faces.tiles import tiles, whole_within
from masquerade.keys import Key
from masquerade.service.masknets.statement import Statement, signed

VECTORS: Final = Path(__file__).parents[1] / "vectors" / "page.json"
FACES: Final = (
    ((100.0, 80.0, 80.0, 92.0), ((138, 132), (173, 131), (156, 152), (141, 172), (170, 172))),
    (
        (20.5, 30.25, 300.0, 345.0),
        ((160.5, 200.25), (290.5, 215.5), (220.0, 280.0), (155.5, 340.0), (265.0, 350.5)),
    ),
    ((-10.0, -12.0, 40.0, 46.0), ((9, 14), (27, 14), (18, 24), (11, 34), (26, 34))),
    ((50.0, 60.0, 64.0, 70.0), ((80, 90), (81, 90), (80, 91), (80, 92), (81, 92))),
)
"""Boxes and marks; the marks of the last contradict its box."""
SIDES: Final = (400, 500)
SAMPLED: Final = ((300, 400, 112), (90, 70, 64))
TILED: Final = ((600, 800), (1280, 1281), (3000, 4000), (1281, 5000))
KEY: Final = Key.from_secret(bytes(range(32)))
CONTENT: Final = b"the bytes of a MaskNet"


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """The photo that both sides draw, ``(height, width, 3)``."""
    y, x, channel = np.ogrid[:height, :width, :3]
    return ((7 * x + 13 * y + 29 * channel + x * y % 31) % 256).astype(np.uint8)


def vectors() -> dict[str, Any]:
    """All but the files."""
    return {
        "placements": [_placed(Face(box, np.array(marks, np.float64), 1.0)) for box, marks in FACES],
        "samples": [
            {"height": height, "width": width, "size": size, **_sampled(picture(height, width), size)}
            for height, width, size in SAMPLED
        ],
        "tiles": [_tiled(height, width) for height, width in TILED],
        "statement": _stated(),
    }


def files() -> dict[str, Any]:
    """Small photos of each kind; an encoder may write other bytes one day, so that tests only read these."""
    small, deep = Image.fromarray(picture(5, 7)), Image.fromarray(np.full((5, 7), 40_000, np.uint16))
    kinds: list[tuple[str, Image.Image, dict[str, Any], dict[str, Any]]] = [
        ("JPEG of quality 75", small, {"format": "JPEG", "quality": 75, "dpi": (300, 300)}, {"quality": 75}),
        (
            "JPEG of quality 30",
            small,
            {"format": "JPEG", "quality": 30, "progressive": True},
            {"quality": 30},
        ),
        ("JPEG of inks", small.convert("CMYK"), {"format": "JPEG"}, {"channels": 4}),
        ("PNG", small, {"format": "PNG", "dpi": (300, 300)}, {}),
        ("PNG of 16 bits", deep, {"format": "PNG"}, {"bits": 16}),
        ("WebP", small, {"format": "WEBP"}, {}),
        ("WebP without losses", small, {"format": "WEBP", "lossless": True}, {}),
        (
            "WebP with transparency",
            small.convert("RGBA"),
            {"format": "WEBP", "exact": True, "exif": b"Exif"},
            {},
        ),
    ]
    return {name: _file(image, how, facts) for name, image, how, facts in kinds}


def _file(image: Image.Image, how: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    stream = io.BytesIO()
    image.save(stream, **how)
    shape = {"kind": how["format"].lower(), "width": image.width, "height": image.height}
    return {"base64": base64.b64encode(stream.getvalue()).decode(), **shape, **facts}


def _placed(face: Face) -> dict[str, Any]:
    place = placement(face)
    square = settled(place)
    rows, columns = bounds(square, *SIDES)
    return {
        "box": face.box,
        "marks": face.marks.tolist(),
        "placement": place.ravel().tolist(),
        "settled": square.ravel().tolist(),
        "scaled": scaled(square, 64).ravel().tolist(),
        "inverse": inverse(square).ravel().tolist(),
        "bounds": [rows.start, rows.stop, columns.start, columns.stop],
        "shifted": shifted(square, rows, columns).ravel().tolist(),
    }


def _sampled(photo: NDArray[np.uint8], size: int) -> dict[str, Any]:
    places = [[0.75, 0.25, 3.5, -0.25, 0.75, 20.25], [2.5, -0.5, -20.125, 0.5, 2.5, -7.5]]
    seen = [sampled(photo, np.array(place).reshape(2, 3), size) for place in places]
    return {"places": places, "sha256": [sha256(each.tobytes()).hexdigest() for each in seen]}


def _tiled(height: int, width: int) -> dict[str, Any]:
    parts = list(tiles(height, width))
    box = [width / 3, height / 3, 100.5, 120.25]
    return {
        "height": height,
        "width": width,
        "tiles": [[rows.start, rows.stop, columns.start, columns.stop] for rows, columns in parts],
        "box": box,
        "whole": [bool(whole_within(np.array([box]), part, height, width)[0]) for part in parts],
    }


def _stated() -> dict[str, Any]:
    signer = KEY.signer("statements")
    digest = sha256(CONTENT).hexdigest()
    statement = Statement(
        account="a1", masknet="m1", sha256=digest, source="none", source_digest="0", issued=1_700_000_000
    )
    return {
        "public": signer.public.hex(),
        "content": CONTENT.decode(),
        **json.loads(signed(statement, signer)),
    }


def main() -> None:
    """Write the file."""
    VECTORS.write_text(json.dumps({**vectors(), "files": files()}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
