"""What is public is public on purpose: underscores are kept to, and rooms say what they give."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from places import ROOT

SOURCES = sorted((ROOT / "src").rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Modules and names of masquerade that a file imports, dotted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("masquerade"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_file_imports_what_another_keeps_to_itself() -> None:
    crossing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in SOURCES
        for name in imported(ast.parse(path.read_text(encoding="utf-8")))
        for part in name.split(".")
        if part.startswith("_") and not part.startswith("__")
    }
    assert crossing == set()


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.name == "__init__.py"],
    ids=lambda path: str(path.parent.relative_to(ROOT / "src")),
)
def test_a_room_that_gives_names_lists_them(path: Path) -> None:
    if not list(imported(ast.parse(path.read_text(encoding="utf-8")))):
        return
    module = importlib.import_module(".".join(path.parent.relative_to(ROOT / "src").parts))
    assert module.__all__
    assert [name for name in module.__all__ if name.startswith("_") or not hasattr(module, name)] == []
