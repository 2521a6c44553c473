"""Which room may import which, checked by the rules in pyproject.toml; and that the rules can fail."""

import ast
import tomllib
from collections import Counter

import grimp
import pytest

from places import ROOT

OWNERS_ROOMS = (
    "masquerade.keys",
    "masquerade.disguises",
    "masquerade.recipes",
    "masquerade.owner",
    "masquerade.cloaking",
)


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("masquerade", cache_dir=None)


@pytest.mark.parametrize(
    "room", ["attacks", "training", "networks", "masknets", "released", "crafting", "sealed"]
)
@pytest.mark.parametrize("secret", OWNERS_ROOMS)
def test_attacker_and_cloud_reach_no_secret(graph: grimp.ImportGraph, room: str, secret: str) -> None:
    chain = graph.find_shortest_chain(f"masquerade.{room}", secret, as_packages=True)
    assert chain is None, " -> ".join(chain or ())


def test_the_check_finds_a_chain_where_there_is_one(graph: grimp.ImportGraph) -> None:
    assert graph.find_shortest_chain("masquerade.owner", "masquerade.keys", as_packages=True)


def test_ci_checks_the_same_rules() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    forbidden = {s: set(r["forbidden_modules"]) for r in rules for s in r.get("source_modules", [])}
    for room in ("attacks", "training", "networks", "masknets", "released", "crafting", "sealed"):
        assert forbidden[f"masquerade.{room}"] >= set(OWNERS_ROOMS)
    assert "lint-imports" in (ROOT / "Makefile").read_text()


OPENS = ("masquerade.owner.sealed.opening", "masquerade.cli.commands.sealed_open")
WRITES = (
    "masquerade.owner.sealed.publishing",
    "masquerade.owner.sealed.sealing",
    "masquerade.owner.sealed.state",
    "masquerade.sealed.probe",
    "masquerade.sealed.match",
)


@pytest.mark.parametrize("opens", OPENS)
@pytest.mark.parametrize("writes", WRITES)
def test_opened_answers_and_what_goes_to_a_cloud_do_not_meet(
    graph: grimp.ImportGraph, opens: str, writes: str
) -> None:
    for start, end in ((opens, writes), (writes, opens)):
        chain = graph.find_shortest_chain(start, end)
        assert chain is None, " -> ".join(chain or ())


def test_everything_of_the_owner_s_is_on_one_side_of_that_rule(graph: grimp.ImportGraph) -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    rule = next(rule for rule in rules if rule["name"].startswith("What goes to the cloud"))
    room = graph.find_children("masquerade.owner.sealed")
    reading = {"calibrating", "canaries", "owned", "record", "secret_key", "templates", "opening"}
    assert {module.rpartition(".")[2] for module in room - set(rule["source_modules"])} == reading
    assert set(rule["forbidden_modules"]) == set(OPENS)
    assert graph.find_shortest_chain("masquerade.cli.commands.sealed", "masquerade.owner.sealed.publishing")


METHODS = ("attacks", "disguises", "training", "networks", "metrics")
ARRANGES_OTHERS = {"masquerade.disguises.tokens.many_keys"}
"""Disguises made of others, of whatever wing."""


@pytest.mark.parametrize("room", METHODS)
def test_no_wing_imports_another(graph: grimp.ImportGraph, room: str) -> None:
    wings = _wings(graph, room)
    assert len(wings) > 1
    for wing in wings:
        for module in graph.find_descendants(wing) - ARRANGES_OTHERS:
            others = {
                other for other in graph.find_modules_directly_imported_by(module) if _wing(other, wings)
            }
            assert {_wing(other, wings) for other in others} <= {wing}, f"{module} imports {sorted(others)}"


def _wings(graph: grimp.ImportGraph, room: str) -> set[str]:
    return {each for each in graph.find_children(f"masquerade.{room}") if graph.find_children(each)}


def _wing(module: str, wings: set[str]) -> str | None:
    return next((wing for wing in wings if module == wing or module.startswith(wing + ".")), None)


@pytest.mark.parametrize("top", ["src", "tests"])
def test_no_folder_is_a_heap(top: str) -> None:
    folders = {path.parent for path in (ROOT / top).rglob("*.py")}
    crowded = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {folder: files for folder, files in crowded.items() if files > 30} == {}


def test_no_two_classes_have_one_name() -> None:
    """But those of the room that wraps others for scripts."""
    names = Counter(
        node.name
        for path in (ROOT / "src").rglob("*.py")
        if path.parent.name != "api"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, times in names.items() if times > 1] == []
