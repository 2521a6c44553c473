"""What is said of naming people by class means is what the script measured."""

import json

import score_class_matching as script

from places import ROOT

DOCS = ROOT / "docs"


def named(attack: str, released: int) -> list[float]:
    """Shares of people of 62 who are named under blocks-noise, by key."""
    (row,) = (
        each
        for each in json.loads(script.FILE.read_text("utf-8"))
        if (each["protection"], each["attack"], each["released"], each["control"])
        == ("blocks-noise", attack, released, "")
    )
    return [100 * share for share in row["named"]]


def test_the_decision_has_every_row() -> None:
    said = (DOCS / "decisions" / "0019-class-matching.md").read_text("utf-8")
    for row in script.rows():
        assert row in said, "run python studies/score_class_matching.py --table"


def test_guide_and_readme_say_its_range() -> None:
    low, high = min(named("means", 10)), max(named("means", 10))
    said = f"{low:.0f} to {high:.0f} %"
    assert f"{said} of 62 people" in (DOCS / "guide" / "disguised-nets.md").read_text("utf-8")
    assert f"{said} of 62 people" in (DOCS.parent / "README.md").read_text("utf-8")
    counted = named("sizes", 0)
    said = f"{min(counted):.0f} to {max(counted):.0f} % of 62 people"
    assert said in (DOCS / "guide" / "disguised-nets.md").read_text("utf-8")


def test_shuffled_labels_and_a_rotation_for_each_row_are_at_chance() -> None:
    rows = json.loads(script.FILE.read_text("utf-8"))
    controls = [row for row in rows if row["control"]]
    assert len(controls) == 3
    assert all(share < 4 / row["candidates"] for row in controls for share in row["named"])
