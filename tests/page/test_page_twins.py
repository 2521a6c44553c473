"""Python computes what the page's unit tests are held to (page/tests/twins.test.ts)."""

import base64
import io
import json
from typing import Any

import pytest
from page_vectors import CONTENT, KEY, VECTORS, vectors
from PIL import Image

from masquerade.data.picture import open_picture
from masquerade.errors import ForeignMaskNet
from masquerade.service.masknets.statement import checked, require_bytes

FILE = json.loads(VECTORS.read_text("utf-8"))
EXACT = ("settled", "bounds", "box", "marks")
REMEDY = "run: python tests/page/page_vectors.py, and mend the page"


def test_faces_are_placed_as_in_the_page() -> None:
    for now, kept in zip(vectors()["placements"], FILE["placements"], strict=True):
        assert {name: list(now[name]) for name in EXACT if name != "marks"} == {
            name: kept[name] for name in EXACT if name != "marks"
        }, REMEDY
        for name in set(kept) - set(EXACT):
            assert now[name] == pytest.approx(kept[name], abs=1e-9), f"{name}; {REMEDY}"


@pytest.mark.parametrize("name", ["samples", "tiles", "statement"])
def test_it_is_to_the_last_bit_what_the_page_computes(name: str) -> None:
    assert vectors()[name] == FILE[name], REMEDY


def test_the_statement_is_good_for_its_account_and_bytes_alone() -> None:
    public = KEY.signer("statements").public
    statement = checked(FILE["statement"], public, "a1")
    require_bytes(statement, CONTENT)
    with pytest.raises(ForeignMaskNet):
        checked(FILE["statement"], public, "a2")
    with pytest.raises(ForeignMaskNet):
        require_bytes(statement, CONTENT + b".")


@pytest.mark.parametrize("name", FILE["files"])
def test_files_are_what_the_page_is_told_of_them(name: str) -> None:
    facts: dict[str, Any] = FILE["files"][name]
    data = base64.b64decode(facts["base64"])
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format or "").lower() == facts["kind"]
        assert image.size == (facts["width"], facts["height"])
        assert (image.mode == "CMYK") == (facts.get("channels") == 4)
    if facts.get("channels") != 4 and facts.get("bits", 8) == 8:
        assert open_picture(data, "photo").pixels.shape[:2] == (facts["height"], facts["width"])
