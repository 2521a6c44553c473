"""What ``list`` shows is what there is, though it is read from a file."""

import pytest

from masquerade.cli.app import run
from masquerade.cli.catalogue import FILE, as_text, compiled
from masquerade.cli.commands.listing import Listed


def test_the_file_says_what_the_code_has() -> None:
    assert FILE.read_text(encoding="utf-8") == as_text(compiled()), "run python -m masquerade.cli.catalogue"


@pytest.mark.parametrize("kind", list(Listed))
def test_every_kind_is_listed_a_line_each(kind: Listed, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", kind]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 4
    assert all(len(line.split()) >= 2 for line in lines)
