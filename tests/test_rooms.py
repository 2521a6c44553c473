"""Which room may import which, checked by the rules in pyproject.toml; and that the rules can fail."""

import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
OWNERS_ROOMS = ("masquerade.keys", "masquerade.disguises", "masquerade.recipes", "masquerade.owner")


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
