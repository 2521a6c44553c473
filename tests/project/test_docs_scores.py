"""Numbers of the guides that come from scripts of their own are those of the scripts' files."""

import pytest
import score_identity
import score_listeners

from places import ROOT

GUIDES = ROOT / "docs" / "guide"


@pytest.mark.parametrize(
    ("guide", "table"), [("crafter.md", score_identity.table()), ("xnn.md", score_listeners.table())]
)
def test_the_guides_table_is_that_of_the_file(guide: str, table: str) -> None:
    assert table in (GUIDES / guide).read_text(encoding="utf-8")
    assert table.count("\n") >= 4
