"""Lists from Python are what the code has, though no code is loaded for them."""

import pytest

import masquerade as mq
from masquerade.api.catalogue import FILE, compiled
from masquerade.recipes import RECIPES


def test_the_file_says_what_the_code_has() -> None:
    assert FILE.read_text(encoding="utf-8") == compiled(), "run python -m masquerade.api.catalogue"


def test_every_protection_has_its_grade_and_its_source() -> None:
    listed = {each.name: each for each in mq.list_protections()}
    assert set(listed) >= {each.name for each in RECIPES}
    assert listed["blocks-noise"].source.startswith("ours")
    assert listed["xnn"].source.startswith("the XNN paper")
    assert "BROKEN" in listed["xnn"].status
    assert all(each.title and each.status and each.source for each in listed.values())


@pytest.mark.parametrize("list_", [mq.list_attacks, mq.list_metrics])
def test_attacks_and_metrics_say_what_they_do(list_: object) -> None:
    found = list_()  # type: ignore[operator]
    assert len(found) > 15
    assert all(isinstance(each, mq.Info) and each.title for each in found)
