"""Every shipped recipe and preset of training, pinned; and golden vectors that are what their program writes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from masquerade.recipes import RECIPES, crafter
from masquerade.recipes import recipe as recipe_named
from vectors.disguises import generate, shipped

FOLDER = Path(__file__).parents[1] / "vectors" / "disguises"
PINNED = {row.get("name") or row["preset"]: row for row in json.loads((FOLDER / "shipped.json").read_text())}
NUMBERS = list(json.loads(shipped.generate()))


@pytest.mark.parametrize("row", NUMBERS, ids=lambda row: row.get("name") or row["preset"])
def test_its_numbers_are_the_pinned_ones(row: dict[str, object]) -> None:
    assert row == PINNED[str(row.get("name") or row["preset"])]


def test_nothing_is_pinned_that_is_not_shipped() -> None:
    assert set(PINNED) == {row.get("name") or row["preset"] for row in NUMBERS}
    assert {recipe.name for recipe in RECIPES} < set(PINNED)


def test_another_learning_rate_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(crafter.LAPTOP, "learning_rate", 0.03)  # at which nothing is hidden: decision 0008
    assert json.loads(json.dumps(shipped.of_recipe(recipe_named("crafter")))) != PINNED["crafter"]


def test_vectors_are_what_their_program_writes(tmp_path: Path) -> None:
    generate.write_all(tmp_path)
    for name in ("small", "recipes", "kinds"):
        committed, written = (
            json.loads((folder / f"{name}.json").read_text()) for folder in (FOLDER, tmp_path)
        )
        assert list(_differences(committed, written)) == []


def _differences(committed: object, written: object, place: str = "") -> Iterator[str]:
    """Where two files differ; numbers that answers are made of may do so in the last digits, by the processor."""
    match committed, written:
        case dict(), dict():
            yield from (f"{place}: keys" for _ in [0] if committed.keys() != written.keys())
            for name in committed.keys() & written.keys():
                yield from _differences(committed[name], written[name], f"{place}.{name}")
        case list(), list():
            yield from (f"{place}: length" for _ in [0] if len(committed) != len(written))
            for i, (one, other) in enumerate(zip(committed, written, strict=False)):
                yield from _differences(one, other, f"{place}[{i}]")
        case float(), float() if ".disguised" in place:
            if abs(committed - written) > 0.01 + 1e-4 * abs(committed):
                yield f"{place}: {committed}, {written}"
        case _:
            if committed != written:
                yield f"{place}: {committed}, {written}"
